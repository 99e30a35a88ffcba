/** Runs as a confined sensor. Argument: a folder that it has no business in. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import process from 'node:process'
import { openPipes, readSandboxReport } from '../confined.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, raw, settle } from './attempts.ts'

const [foreign = ''] = process.argv.slice(2)
const { output } = openPipes()
const AF_NETLINK = 16

const attempts: Attempts = {
  'read a process': () => fs.readFileSync(`/proc/${process.ppid}/stat`),
  'read the program of another process': () => fs.readlinkSync(`/proc/${process.ppid}/exe`),
  'read the users': () => fs.promises.readFile('/etc/passwd'),
  'netlink socket': raw(SYS.socket, AF_NETLINK, 3, 9), // audit
  'firewall socket': raw(SYS.socket, AF_NETLINK, 3, 12),
  'routing socket': raw(SYS.socket, AF_NETLINK, 3, 0),
  'write a file': () => fs.writeFileSync(`${foreign}/x`, 'x'),
  'append to a file on a pool thread': () => fs.promises.appendFile(`${foreign}/secret`, 'x'),
  'make a folder': () => fs.mkdirSync(`${foreign}/d`),
  rename: () => fs.renameSync(`${foreign}/secret`, `${foreign}/s`),
  remove: () => fs.unlinkSync(`${foreign}/secret`),
  link: () => fs.linkSync(`${foreign}/secret`, `${foreign}/l`),
  truncate: () => fs.truncateSync(`${foreign}/secret`),
  chmod: () => fs.chmodSync(`${foreign}/secret`, 0o777),
  'a group that only tells': raw(SYS.fanotify_init, 0xc00, 0),
  'a group that holds callers': raw(SYS.fanotify_init, 0x4, 0),
  'a group that holds callers before content': raw(SYS.fanotify_init, 0x8, 0),
  'a group whose files can be written': raw(SYS.fanotify_init, 0, 2),
  'write by a handle': raw(SYS.open_by_handle_at, -100, 0, 1),
  'TCP socket': raw(SYS.socket, 2, 1, 0),
  'unix socket': raw(SYS.socket, 1, 1, 0),
  spawn: () => settle(spawn('/bin/true'), 'exit'),
  'signal its parent': () => process.kill(process.ppid, 'SIGCONT'),
  ptrace: raw(SYS.ptrace, 16, process.ppid, 0, 0),
  'type into a terminal': raw(SYS.ioctl, 0, 0x5412, Buffer.from('x')),
  'freeze the file system': () => raw(SYS.ioctl, fs.openSync(foreign, 'r'), 0xc0045877, 0)(),
  'change a file’s flags': () => raw(SYS.ioctl, fs.openSync(`${foreign}/secret`, 'r'), 0x40086602, Buffer.alloc(8))(),
  'hold up who writes a file': () => raw(SYS.fcntl, fs.openSync(`${foreign}/secret`, 'r'), 1024, 0)(),
  'lock a file of others': () => raw(SYS.flock, fs.openSync(`${foreign}/secret`, 'r'), 6)(),
  'remove shared memory': raw(SYS.shmctl, 0, 0, 0),
  'name the host': raw(SYS.sethostname, Buffer.from('x'), 1),
  mount: raw(SYS.mount, 0, 0, 0, 0, 0),
  init_module: raw(SYS.init_module, 0, 0, 0),
}

output.end(`${JSON.stringify({ report: readSandboxReport(), outcomes: await outcomesOf(attempts) })}\n`)
output.on('finish', () => process.exit(0))

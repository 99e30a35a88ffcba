/** Runs as a confined fetcher. Arguments: its folder, a foreign folder, the server's port, another port. */
import { spawn } from 'node:child_process'
import dns from 'node:dns/promises'
import fs from 'node:fs'
import net from 'node:net'
import process from 'node:process'
import { trySyscall } from '../../syscalls.ts'
import { openPipes, readSandboxReport } from '../confined.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, raw, settle } from './attempts.ts'

const [own = '', foreign = '', port = '', otherPort = ''] = process.argv.slice(2)
const { output } = openPipes()
const AF_INET = 2
const SOCK_STREAM = 1
const IPPROTO_MPTCP = 262
const IPPROTO_SCTP = 132
const MSG_FASTOPEN = 0x20000000

const sockaddr = Buffer.alloc(16)
sockaddr.writeUInt16LE(AF_INET, 0)
sockaddr.writeUInt16BE(Number(otherPort), 2)
sockaddr.set([127, 0, 0, 1], 4)

const connect = (to: string) => async (): Promise<void> => {
  const socket = net.connect(Number(to), '127.0.0.1')
  await settle(socket, 'connect')
  socket.destroy()
}

const attempts: Attempts = {
  'write and rename in its folder': async () => {
    await fs.promises.writeFile(`${own}/a.tmp`, 'x')
    await fs.promises.rename(`${own}/a.tmp`, `${own}/a`)
    fs.rmSync(`${own}/a`)
  },
  'make a folder in its folder': () => fs.mkdirSync(`${own}/slots`),
  'connect to the server': connect(port),
  'resolve a name': () => dns.lookup('localhost'),
  'write elsewhere': () => fs.promises.writeFile(`${foreign}/x`, 'x'),
  'read elsewhere': () => fs.readFileSync(`${foreign}/secret`),
  'read the password file': () => fs.promises.readFile('/etc/shadow'),
  'move a file out of its folder': () => {
    fs.writeFileSync(`${own}/b`, 'x')
    fs.renameSync(`${own}/b`, `${foreign}/b`)
  },
  'plant a link': () => fs.symlinkSync('/etc/passwd', `${own}/link`),
  'change a foreign mode': () => fs.chmodSync(`${foreign}/secret`, 0o777),
  'connect to another port': connect(otherPort),
  'connect with the first packet': () => {
    const socket = trySyscall(SYS.socket, AF_INET, SOCK_STREAM, 0)
    raw(SYS.sendto, socket, Buffer.from('x'), 1, MSG_FASTOPEN, sockaddr, 16)()
  },
  'multipath TCP': raw(SYS.socket, AF_INET, SOCK_STREAM, IPPROTO_MPTCP),
  SCTP: raw(SYS.socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP),
  'unix socket': raw(SYS.socket, 1, SOCK_STREAM, 0),
  'packet socket': raw(SYS.socket, 17, 3, 0),
  listen: () => settle(net.createServer().listen(0, '127.0.0.1'), 'listening'),
  spawn: () => settle(spawn(process.execPath, ['--version']), 'exit'),
  'signal its parent': () => process.kill(process.ppid, 'SIGCONT'),
  'signal a thread of its parent': raw(SYS.tgkill, process.ppid, process.ppid, 18),
  ptrace: raw(SYS.ptrace, 16, process.ppid, 0, 0),
  memfd_create: raw(SYS.memfd_create, Buffer.from('x\0'), 0),
  bpf: raw(SYS.bpf, 0, Buffer.alloc(128), 128),
  unshare: raw(SYS.unshare, 0x10000000),
}

output.end(`${JSON.stringify({ report: readSandboxReport(), outcomes: await outcomesOf(attempts) })}\n`)
output.on('finish', () => process.exit(0))

/** Runs as a confined input. Arguments: the folder of its file, a foreign folder. Reads EXTRA_FD to its end. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { EXTRA_FD, openPipes, readSandboxReport } from '../confined.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, raw, settle } from './attempts.ts'

const [own = '', foreign = ''] = process.argv.slice(2)
const { output } = openPipes()
const handed = await text(new net.Socket({ fd: EXTRA_FD, readable: true, writable: false }))

const attempts: Attempts = {
  'read its file': () => fs.promises.readFile(`${own}/log`),
  'find a rotated one': () => fs.readdirSync(own),
  'write to its file': () => fs.appendFileSync(`${own}/log`, 'x'),
  'make a file beside it': () => fs.promises.writeFile(`${own}/x`, 'x'),
  'remove its file': () => fs.rmSync(`${own}/log`),
  'rename its file': () => fs.renameSync(`${own}/log`, `${own}/y`),
  'change its mode': () => fs.chmodSync(`${own}/log`, 0o777),
  'truncate its file': raw(SYS.truncate ?? 0, Buffer.from(`${own}/log\0`), 0),
  'read elsewhere': () => fs.readFileSync(`${foreign}/secret`),
  'read elsewhere through a link': () => fs.promises.readFile(`${own}/link`),
  'read the password file': () => fs.promises.readFile('/etc/shadow'),
  connect: () => settle(net.connect(9, '127.0.0.1'), 'connect'),
  'unix socket': raw(SYS.socket, 1, 1, 0),
  spawn: () => settle(spawn(process.execPath, ['--version']), 'exit'),
  'signal its parent': () => process.kill(process.ppid, 'SIGCONT'),
  ptrace: raw(SYS.ptrace, 16, process.ppid, 0, 0),
  bpf: raw(SYS.bpf, 0, Buffer.alloc(128), 128),
  memfd_create: raw(SYS.memfd_create, Buffer.from('x\0'), 0),
}

output.end(`${JSON.stringify({ report: readSandboxReport(), handed, outcomes: await outcomesOf(attempts) })}\n`)
output.on('finish', () => process.exit(0))

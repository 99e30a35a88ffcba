/** Runs as a confined engine, and tries to get out. Then shows that an engine's ordinary work still goes on. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import ffi from 'node:ffi'
import fs from 'node:fs'
import net from 'node:net'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { addressOf, trySyscall } from '../../syscalls.ts'
import { confineEngine } from '../confine.ts'
import { openPipes } from '../confined.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, raw, settle } from './attempts.ts'

const OWN_FOLDER = import.meta.dirname
const { input, output } = openPipes()
const parent = process.ppid
const text = (value: string): Buffer => Buffer.from(`${value}\0`)
const iovec = Buffer.alloc(16)
iovec.writeBigUInt64LE(addressOf(iovec), 0)
iovec.writeBigUInt64LE(16n, 8)
const argv = Buffer.alloc(8)

const attempts: Attempts = {
  'open a file': () => fs.readFileSync('/etc/passwd'),
  'open a file on a pool thread': () => fs.promises.readFile('/etc/passwd'),
  'open a file with a callback': () =>
    new Promise((resolve, reject) => {
      fs.readFile('/etc/passwd', (error, data) => (error ? reject(error) : resolve(data)))
    }),
  'open its own code': () => fs.readFileSync(import.meta.filename),
  'write beside its own code': () => fs.writeFileSync(`${OWN_FOLDER}/planted`, 'x'),
  'list a folder': () => fs.readdirSync('/'),
  'make a folder': () => fs.mkdirSync(`${OWN_FOLDER}/planted`),
  'look at a file': () => fs.statSync('/etc/passwd'),
  'follow a link': () => fs.readlinkSync('/proc/self/exe'),
  'change a mode': () => fs.chmodSync(import.meta.filename, 0o777),
  'open a database': () => new DatabaseSync('/tmp/planted.db').exec('create table t (x)'),
  'connect by TCP': () => settle(net.connect(1, '127.0.0.1'), 'connect'),
  'listen on TCP': () => settle(net.createServer().listen(0, '127.0.0.1'), 'listening'),
  'send by UDP': () => {
    const socket = createSocket('udp4')
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.send('x', 9, '127.0.0.1', (error) => (error ? reject(error) : resolve(null)))
    })
  },
  'unix socket': raw(SYS.socket, 1, 1, 0),
  'socket pair': raw(SYS.socketpair, 1, 1, 0, Buffer.alloc(8)),
  'spawn a program': () => settle(spawn('/bin/true'), 'exit'),
  fork: raw(SYS.fork),
  'clone a process': raw(SYS.clone, 17, 0, 0, 0, 0),
  clone3: raw(SYS.clone3, Buffer.alloc(88), 88),
  execve: raw(SYS.execve, text('/bin/true'), argv, argv),
  'read a file in a worker': () =>
    settle(new Worker(`require('node:fs').readFileSync('/etc/passwd')`, { eval: true }), 'exit'),
  'signal its parent': () => process.kill(parent, 'SIGCONT'),
  'signal a thread of its parent': raw(SYS.tgkill, parent, parent, 18),
  'ask for signals through a pipe': raw(SYS.fcntl, 3, 8, parent),
  'ptrace its parent': raw(SYS.ptrace, 16, parent, 0, 0),
  'read its parent’s memory': raw(SYS.process_vm_readv, parent, iovec, 1, iovec, 1, 0),
  'limit its parent': raw(SYS.prlimit64, parent, 7, Buffer.alloc(16), 0),
  pidfd_open: raw(SYS.pidfd_open, parent, 0),
  bpf: raw(SYS.bpf, 0, Buffer.alloc(128), 128),
  perf_event_open: raw(SYS.perf_event_open, Buffer.alloc(128), 0, -1, -1, 0),
  io_uring_setup: raw(SYS.io_uring_setup, 8, Buffer.alloc(120)),
  memfd_create: raw(SYS.memfd_create, text('x'), 0),
  userfaultfd: raw(SYS.userfaultfd, 0),
  keyctl: raw(SYS.keyctl, 0, -3, 1),
  mount: raw(SYS.mount, text('none'), text('/tmp'), text('tmpfs'), 0, 0),
  unshare: raw(SYS.unshare, 0x10000000),
  setns: raw(SYS.setns, 0, 0),
  openat2: raw(SYS.openat2, -100, text('/etc/passwd'), Buffer.alloc(24), 24),
  open_by_handle_at: raw(SYS.open_by_handle_at, -100, Buffer.alloc(128), 0),
  'the x32 ABI': raw(0x40000000 + SYS.getpid),
  'become root': () => process.setuid?.(0),
  'take back the death signal': raw(SYS.prctl, 1, 0, 0, 0, 0),
  'load a library': () => ffi.dlopen('libresolv.so.2', {}),
  'load an addon': () => process.dlopen({ exports: {} }, `${OWN_FOLDER}/x.node`),
  'code from a string': () => {
    // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval -- what is tested
    new Function('return 1')()
  },
}

const confinement = confineEngine()
const outcomes = await outcomesOf(attempts)
output.write(`${JSON.stringify({ confinement, outcomes, work: await ordinaryWork() })}\n`)
input.on('data', (chunk: Uint8Array) => {
  if (!output.write(chunk)) {
    input.pause()
    output.once('drain', () => input.resume())
  }
})
input.on('end', () => output.end())
output.on('finish', () => process.exit(0))

/** Garbage, a hot function, a timer, a hash, clocks, the thread pool. */
async function ordinaryWork(): Promise<Readonly<Record<string, unknown>>> {
  let kept: Uint8Array[] = []
  for (let round = 0; round < 6; round += 1) {
    kept = Array.from({ length: 10_000 }, () => new Uint8Array(1_000))
    kept.push(Buffer.alloc(1_000_000))
  }
  let sum = 0
  const add = (a: number, b: number): number => (a * 31 + b) % 65_521
  for (let i = 0; i < 300_000; i += 1) sum = add(sum, i)
  const clock = Date.now()
  await new Promise((resolve) => setTimeout(resolve, 1))
  const digest = createHash('sha256').update('abc').digest('hex').slice(0, 8)
  const threads = await new Promise((resolve) => {
    fs.read(3, Buffer.alloc(0), () => resolve('answered'))
  })
  return {
    kept: kept.length,
    sum,
    clock: Date.now() >= clock,
    digest,
    threads,
    pid: trySyscall(SYS.getpid) === process.pid,
  }
}

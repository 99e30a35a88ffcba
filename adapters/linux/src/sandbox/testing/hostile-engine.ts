/** Runs as a confined engine, and tries to get out. Then shows that an engine's ordinary work still goes on. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import ffi from 'node:ffi'
import fs from 'node:fs'
import net from 'node:net'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { trySyscall } from '../../syscalls.ts'
import { confineEngine, type EngineConfinement } from '../confine.ts'
import { openPipes } from '../confined.ts'
import { engineFilter } from '../filters.ts'
import { installFilter, type SyscallRule } from '../seccomp.ts'
import { SYS, type SyscallName } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, settle } from './attempts.ts'
import { kernelAttempts } from './kernel-attempts.ts'

const OWN_FOLDER = import.meta.dirname
const { input, output } = openPipes()
const parent = process.ppid
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
  'spawn a program': () => settle(spawn('/bin/true'), 'exit'),
  'read a file in a worker': () =>
    settle(new Worker(`require('node:fs').readFileSync('/etc/passwd')`, { eval: true }), 'exit'),
  'signal its parent': () => process.kill(parent, 'SIGCONT'),
  'become root': () => process.setuid?.(0),
  'load a library': () => ffi.dlopen('libresolv.so.2', {}),
  'load an addon': () => process.dlopen({ exports: {} }, `${OWN_FOLDER}/x.node`),
  'code from a string': () => {
    // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval -- what is tested
    new Function('return 1')()
  },
}

// A thread that is there before the door is shut: the second stage has to hold it, too.
const worker = new Worker(new URL('./hostile-worker.ts', import.meta.url))
await once(worker, 'message')
const confinement = confine(process.argv[2])
const outcomes = await outcomesOf({ ...attempts, ...kernelAttempts(parent) })
const answered = once(worker, 'message')
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
worker.postMessage(parent)
const [outcomesOfWorker] = await answered
output.write(`${JSON.stringify({ confinement, outcomes, outcomesOfWorker, work: await ordinaryWork() })}\n`)
input.on('data', (chunk: Uint8Array) => {
  if (!output.write(chunk)) {
    input.pause()
    output.once('drain', () => input.resume())
  }
})
input.on('end', () => output.end())
output.on('finish', () => process.exit(0))

/** As the engine does it; or, for a test that wants to see this one bite, with one call too many. */
function confine(hole: string | undefined): EngineConfinement | null {
  if (hole === undefined) return confineEngine()
  const filter = engineFilter(process.pid)
  const holes: readonly SyscallRule[] = [{ calls: [SYS[hole as SyscallName]], verdict: 'allow' }]
  installFilter({ ...filter, rules: [...holes, ...filter.rules] }, 'all-threads')
  return null
}

/** Garbage, a hot function, a timer, a hash, clocks, the thread pool, WebAssembly. */
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
    webAssembly: webAssemblyAnswer(),
    pid: trySyscall(SYS.getpid) === process.pid,
  }
}

/** It runs, and has nothing but what it is given: here nothing. */
function webAssemblyAnswer(): unknown {
  const bytes = Uint8Array.of(
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    96,
    0,
    1,
    127,
    3,
    2,
    1,
    0,
    7,
    5,
    1,
    1,
    97,
    0,
    0,
    10,
    6,
    1,
    4,
    0,
    65,
    42,
    11,
  )
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  return (exports['a'] as () => number)()
}

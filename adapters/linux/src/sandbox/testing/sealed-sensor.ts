/** Runs as a confined sensor that is sealed: what it may still ask of the kernel, on this thread and on another. */
import { once } from 'node:events'
import process from 'node:process'
import { parentPort, Worker, isMainThread } from 'node:worker_threads'
import { openPipes } from '../confined.ts'
import { sealSensor } from '../seal-sensor.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, outcomesOf, raw } from './attempts.ts'

const attributes = Buffer.alloc(128)
const attempts: Attempts = {
  'ask for a counter': raw(SYS.bpf, 1, attributes, 128),
  'make a map': raw(SYS.bpf, 0, attributes, 128),
  'load a program': raw(SYS.bpf, 5, attributes, 128),
  'attach a program': raw(SYS.bpf, 17, attributes, 128),
  'take a program of others': raw(SYS.bpf, 13, attributes, 128),
  'open an event': raw(SYS.perf_event_open, attributes, 0, -1, -1, 0),
  'let a program see': raw(SYS.ioctl, 0, 0x40042408, 0),
}

if (isMainThread) {
  const { output } = openPipes()
  const thread = new Worker(new URL(import.meta.url))
  await once(thread, 'message')
  const sealed = sealSensor()
  const answered = once(thread, 'message')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  thread.postMessage(0)
  const [onThread] = await answered
  output.end(`${JSON.stringify({ sealed, outcomes: await outcomesOf(attempts), onThread })}\n`)
  output.on('finish', () => process.exit(0))
} else {
  /* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */
  parentPort?.once('message', () => void outcomesOf(attempts).then((outcomes) => parentPort?.postMessage(outcomes)))
  parentPort?.postMessage('ready')
}

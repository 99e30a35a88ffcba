/** A thread of the hostile engine, started before the second stage: tries to get out when it is told its grandparent. */
import fs from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { outcomesOf } from './attempts.ts'
import { kernelAttempts } from './kernel-attempts.ts'

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */
parentPort?.once('message', (parent: number) => {
  const attempts = {
    'open a file': () => fs.readFileSync('/etc/passwd'),
    'open a file on a pool thread': () => fs.promises.readFile('/etc/passwd'),
    ...kernelAttempts(parent),
  }
  void outcomesOf(attempts).then((outcomes) => parentPort?.postMessage(outcomes))
})
parentPort?.postMessage('ready')

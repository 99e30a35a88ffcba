import process from 'node:process'
import { errorMessage } from '@firebreak/kernel'
import type { Fuzzing } from './catalogue.ts'
import type { Job, Said } from './jobs.ts'
import { runJob } from './run-job.ts'

/*
 * A process that fuzzes: jobs come as messages, one at a time. It is a process so that what ends it or never comes back is a finding and not
 * the end of the gate.
 */

const PROGRESS_MS = 100
let lastMs = 0
let enough = false

function progress({ executions, progress: points, findings }: Fuzzing): void {
  const nowMs = performance.now()
  if (nowMs - lastMs < PROGRESS_MS) return
  lastMs = nowMs
  say({ kind: 'progress', executions, blocks: points.at(-1)?.blocks ?? 0, findings: findings.length })
}

function say(what: Said): void {
  process.send?.(what)
}

process.on('SIGINT', () => {}) // the one who gave the job says when it is enough
process.on('message', (message: Job | 'enough') => {
  if (message === 'enough') {
    enough = true
    return
  }
  enough = false
  runJob(message, { progress, isEnough: () => enough }).then(
    (result) => say({ kind: 'done', result }),
    (error: unknown) => say({ kind: 'failed', message: errorMessage(error) }),
  )
})
process.on('disconnect', () => process.exit())

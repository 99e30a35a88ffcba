import { parentPort, workerData } from 'node:worker_threads'
import { play } from './play.ts'
import { readSuite, type SuiteSize } from './suite.ts'

/** Plays every `step`-th rollout of the suite, from `first` on, and sends the rows of each. */
const { size, first, step } = workerData as {
  readonly size: SuiteSize
  readonly first: number
  readonly step: number
}
const suite = readSuite(size)
for (let i = first; i < suite.rollouts.length; i += step) {
  const planned = suite.rollouts[i]
  if (planned) parentPort?.postMessage(play(suite, planned), [])
}

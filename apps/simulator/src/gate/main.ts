import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { PEERS } from '../peers/peers.ts'
import { ours } from '../peers/ours.ts'
import { bestPeer, figuresOf, kindsOf } from './figures.ts'
import type { Row } from './play.ts'
import { FULL, QUICK, readSuite, type SuiteSize } from './suite.ts'

/** `node main.ts [--quick]`: plays the suite, with progress on standard error, and prints its figures as one line of JSON. */
const WORKERS = Math.min(2, availableParallelism())
const REPORT_EACH = 250

const quick = process.argv.includes('--quick')
const size = quick ? QUICK : FULL
const rows = (await playAll(size)).toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.seed - b.seed))
const [own, peers] = [figuresOf(ours, rows), PEERS.map((peer) => figuresOf(peer, rows))]
const best = bestPeer(peers)
const figures = {
  hosts: Math.min(...[...readSuite(size).scenarios.values()].map(({ hosts }) => hosts)),
  faulty: rows.filter(({ faulty, gate }) => faulty && gate === ours.name).length,
  healthy: rows.filter(({ faulty, gate }) => !faulty && gate === ours.name).length,
  ours: { ...own, kinds: kindsOf(ours.name, rows) },
  peers: peers.map((peer) => ({ ...peer, kinds: kindsOf(peer.name, rows) })),
  bestPeer: best?.name ?? null,
  harmedRatio: best === null ? null : (best.harmedMedian ?? 0) / Math.max(own.harmedMedian ?? 0, 1),
}
process.stdout.write(`${JSON.stringify(figures)}\n`)

async function playAll(some: SuiteSize): Promise<readonly Row[]> {
  const total = readSuite(some).rollouts.length
  const played: Row[] = []
  let done = 0
  const workers = Array.from({ length: WORKERS }, (_, first) => {
    const worker = new Worker(new URL('./suite-worker.ts', import.meta.url), {
      workerData: { size: some, first, step: WORKERS },
    })
    worker.on('message', (news: readonly Row[]) => {
      played.push(...news)
      if (++done % REPORT_EACH === 0) process.stderr.write(`${done} of ${total} rollouts\n`)
    })
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    })
  })
  await Promise.all(workers)
  return played
}

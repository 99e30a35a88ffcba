import { fuzzEngine } from './engine.ts'

/** One of the processes of a run: chunks of work come as messages, and what they found goes back. */
export interface Chunk {
  readonly from: number
  readonly executions: number
}

const [seed = '1'] = process.argv.slice(2)
const run = fuzzEngine(Number(seed))

process.on('message', ({ from, executions }: Chunk) => {
  process.send?.(run(from, executions))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

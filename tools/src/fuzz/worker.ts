import { fuzzEngine } from './engine.ts'
import { fuzzImages } from './image.ts'

/** One of the processes of a run: chunks of work come as messages, and what they found goes back. */
export interface Chunk {
  readonly from: number
  readonly executions: number
}

const [target, seedText = '1'] = process.argv.slice(2)
const seed = Number(seedText)
const run = target === 'engine' ? fuzzEngine(seed) : (from: number, count: number) => fuzzImages(from, count, seed)

process.on('message', ({ from, executions }: Chunk) => {
  process.send?.(run(from, executions))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

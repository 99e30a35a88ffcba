import { ContentError, NODE, PREDICATE, type VerifiedImage, verifyImage } from '@firebreak/content'
import { createEngine, type Engine, OPEN_CONTRACT } from '@firebreak/detect'
import { mutateImage, readWords } from './mutate-image.ts'
import { Random } from '@firebreak/fuzz'
import { batchOfRecords, LINES, smallImage } from './small-image.ts'

export interface ImageFuzz {
  readonly executions: number
  readonly refused: number
  readonly accepted: number
  /** How often each code was met. */
  readonly codes: Readonly<Record<string, number>>
  /** What should not have happened, with the seed of the image. The first few. */
  readonly failures: readonly string[]
  readonly failed: number
}

type Verify = (bytes: Uint8Array) => VerifiedImage

const FAILURES_MAX = 10
const STEPS_OF_COST = /cost: (\d+) (steps|bytes)/
/** Spreads seeds, so that neighbours have nothing in common. */
const SEED_STEP = 0x9e3779b1
const DECLARED = { category: 'process_creation', product: 'linux', service: null }

/**
 * Damages an image in `executions` ways: each is refused with a code and an offset, or accepted; then no event makes the
 * engine throw or do more than the image's size allows. Number n depends on the seed and n only.
 */
export function fuzzImages(from: number, executions: number, seed: number, verify: Verify = verifyImage): ImageFuzz {
  const image = readWords(smallImage())
  const batch = batchOfRecords()
  const codes: Record<string, number> = {}
  const failures: string[] = []
  let [refused, failed] = [0, 0]
  for (let n = from; n < from + executions; n++) {
    try {
      const mutated = mutateImage(image, new Random(Math.imul(n + 1, SEED_STEP) ^ seed))
      const outcome = verifyRepaired(mutated, verify)
      if (typeof outcome === 'string') {
        refused++
        codes[outcome] = (codes[outcome] ?? 0) + 1
      } else judgeEvents(outcome, batch)
    } catch (error) {
      failed++
      if (failures.length < FAILURES_MAX) failures.push(`image ${n} of seed ${seed}: ${String(error)}`)
    }
  }
  return { executions, refused, accepted: executions - refused - failed, codes, failures, failed }
}

/** The image, or the code by which it was refused. A wrong cost is put right, to see what lies behind it. */
function verifyRepaired(bytes: Uint8Array, verify: Verify): VerifiedImage | string {
  for (let left = 3; ; left--) {
    try {
      return verify(bytes)
    } catch (error) {
      if (!(error instanceof ContentError) || !error.code.startsWith('content/image-')) throw error
      const { offset } = error.details
      if (typeof offset !== 'number' || !(offset >= 0 && offset <= bytes.length)) {
        throw new Error(`${error.code} without an offset`, { cause: error })
      }
      const right = STEPS_OF_COST.exec(error.message)?.[1]
      if (error.code !== 'content/image-cost' || right === undefined || left === 0) return error.code
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(offset, Number(right), true)
    }
  }
}

function judgeEvents(image: VerifiedImage, batch: Uint8Array): void {
  const engine = createEngine(image, { ...OPEN_CONTRACT, engineVersion: image.minimumEngine })
  const nodes = image.tables.nodes.length / NODE.words
  const predicates = image.tables.predicates.length / PREDICATE.words
  const within = (judge: () => unknown): void => {
    const before = engine.counters()
    judge()
    const after = engine.counters()
    const [visits, evaluations] = [
      after.nodeVisits - before.nodeVisits,
      after.predicateEvaluations - before.predicateEvaluations,
    ]
    if (visits > nodes || evaluations > predicates)
      throw new Error(`${visits} of ${nodes} nodes, ${evaluations} of ${predicates} predicates`)
  }
  for (const line of LINES) {
    within(() => engine.evaluateJson(line, 0, line.length, null))
    within(() => engine.evaluateJson(line, 0, line.length, DECLARED))
  }
  judgeBatch(engine, batch, within)
  engine.advance(1_000_000)
  engine.flush()
}

function judgeBatch(engine: Engine, bytes: Uint8Array, within: (judge: () => unknown) => void): void {
  const batch = engine.openBatch(bytes)
  for (let left = batch.count; left > 0; left--) within(() => batch.next())
}

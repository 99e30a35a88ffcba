import {
  ContentError,
  NODE,
  PREDICATE,
  readSource,
  type VerifiedImage,
  verifyImage,
  writeImage,
} from '@firebreak/content'
import type { Promises } from '../oracles.ts'
import { define, describeJson } from './define.ts'
import { engineOf, judgeHostileEvents } from './hostile-events.ts'

/** Images: what the verifier accepts, the engine runs. */
export const createTarget = define((good) => imagePromises(good))

/** @param good - an image that is accepted, and held while others are refused */
export function imagePromises(good: Uint8Array, verify: typeof verifyImage = verifyImage): Promises<VerifiedImage> {
  const held = verifyImage(good)
  return {
    parse: verify,
    refuses: isRefusal,
    fuel: { base: 2_000, each: 16 },
    bytes: { base: 16_384, each: 8 },
    describe: (image) => describeJson(aboutOf(image)),
    whole: (input) => input.length,
    encode: (image) => writeImage(readSource(image)),
    use: (image) => void judgeAll(image),
    held: () => judgeAll(held),
  }
}

/** With the place of what is wrong. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ContentError) || !error.code.startsWith('content/image-')) return false
  const { offset } = error.details
  return typeof offset === 'number' && offset >= 0
}

/** Without what the linker derives (routes, fields by order, cost): an image may have that in more than one form. */
function aboutOf({
  pack,
  version,
  category,
  minimumEngine,
  needs,
  features,
  ruleCount,
  indicatorCount,
}: VerifiedImage) {
  const read = needs.map(({ logsource, fields }) => ({ logsource, fields: fields.toSorted() }))
  return { pack, version, category, minimumEngine, read, features, ruleCount, indicatorCount }
}

function judgeAll(image: VerifiedImage): string {
  const { nodes, predicates } = image.tables
  return judgeHostileEvents(engineOf(image), nodes.length / NODE.words, predicates.length / PREDICATE.words)
}

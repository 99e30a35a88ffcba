import {
  ContentError,
  NODE,
  PREDICATE,
  readSource,
  type VerifiedImage,
  verifyImage,
  writeImage,
} from '@firebreak/content'
import { define, describeJson } from './define.ts'
import { engineOf, judgeHostileEvents } from './hostile-events.ts'

/** Images: what the verifier accepts, the engine runs. */
export const createTarget = define<VerifiedImage>((image) => {
  const held = verifyImage(image)
  return {
    parse: verifyImage,
    refuses: (error) => {
      if (!(error instanceof ContentError) || !error.code.startsWith('content/image-')) return false
      const { offset } = error.details
      return typeof offset === 'number' && offset >= 0
    },
    fuel: { base: 2_000, each: 16 },
    bytes: { base: 16_384, each: 8 },
    describe: ({ tables: _, ...about }) => describeJson(about),
    whole: (input) => input.length,
    encode: (image) => writeImage(readSource(image)),
    use: (image) => void judgeAll(image),
    held: () => judgeAll(held),
  }
})

function judgeAll(image: VerifiedImage): string {
  const { nodes, predicates } = image.tables
  return judgeHostileEvents(engineOf(image), nodes.length / NODE.words, predicates.length / PREDICATE.words)
}

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ContentError, FAIL, NODE, RULE, SELECTION, type VerifiedImage, verifyImage } from '@firebreak/content'
import { DICTIONARY_EMPTY, Random } from '@firebreak/fuzz'
import { IMAGE_FORMAT } from './formats/image.ts'
import { judged, NO_METER, Violation } from './oracles.ts'
import { smallPack } from './seeds/small-pack.ts'
import { imagePromises } from './targets/image.ts'

const EXECUTIONS = 1_500
const SEED = 20_260_805
/** Enough for each planted fault to show. */
const PLANTED_EXECUTIONS = 400

interface Run {
  readonly accepted: number
  readonly violations: readonly string[]
  /** How often each code was met. */
  readonly codes: Readonly<Record<string, number>>
}

/** Damages an image in so many ways, without anything that guides where. */
function damage(executions: number, verify: typeof verifyImage = verifyImage): Run {
  const image = smallPack().image
  const tree = IMAGE_FORMAT.decode(image)
  assert.ok(tree)
  const codes: Record<string, number> = {}
  const counted = (bytes: Uint8Array): VerifiedImage => {
    try {
      return verify(bytes)
    } catch (error) {
      if (error instanceof ContentError) codes[error.code] = 1 + (codes[error.code] ?? 0)
      throw error
    }
  }
  const judge = judged(imagePromises(image, counted), NO_METER)
  const random = new Random(SEED)
  const material = { random, dictionary: DICTIONARY_EMPTY, compared: [], other: null }
  const violations: string[] = []
  let accepted = 0
  for (let left = executions; left > 0; left--) {
    const changed = IMAGE_FORMAT.encode(IMAGE_FORMAT.mutate(tree, material))
    const input = random.oneIn(64) ? changed.subarray(0, random.below(changed.length)) : changed
    try {
      if (judge(input)) accepted++
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violations.push(`${error.oracle}: ${error.message}`)
    }
  }
  return { accepted, violations, codes }
}

void describe('damaged images', () => {
  void test(`${EXECUTIONS} are refused with a code and an offset, or judge events within their bounds`, (t) => {
    const { accepted, violations, codes } = damage(EXECUTIONS)
    assert.deepEqual(violations, [])
    t.diagnostic(`${accepted} accepted: ${JSON.stringify(codes)}`)
    assert.ok(accepted > EXECUTIONS / 20, 'damages reach the engine')
    assert.ok(Object.keys(codes).length >= 11, 'damages reach every part of the verifier')
  })

  /** A verifier that lets through what the real one refuses: its tables are damaged behind its back. */
  const faults: Readonly<Record<string, (image: VerifiedImage) => void>> = {
    'a jump backwards is not seen': ({ tables }) => void tables.nodes.fill(0, NODE.whenTrue, NODE.whenFalse + 1),
    'a jump out of the program is not seen': ({ tables }) => void (tables.nodes[NODE.whenFalse] = FAIL - 1),
    'a predicate that is not there is not seen': ({ tables }) => void tables.nodes.fill(0x7fff, -3, -2),
    'a selection that is not there is not seen': ({ tables }) => void (tables.rules[RULE.firstSelection] = 1 << 20),
    'an empty program is not seen': ({ tables }) => void (tables.selections[SELECTION.nodeCount] = 0),
    'an operator that is not there is not seen': ({ tables }) => void (tables.predicates[0] = 99),
    'a text that is not there is not seen': ({ tables }) => void tables.values.fill(1 << 20),
  }
  for (const [name, fault] of Object.entries(faults)) {
    void test(`shown where ${name}`, () => {
      const faulty = (bytes: Uint8Array): VerifiedImage => {
        const image = verifyImage(bytes)
        fault(image)
        return image
      }
      const { violations } = damage(PLANTED_EXECUTIONS, faulty)
      assert.ok(violations.some((one) => /^(?:trap|bug|undeclared-error|round-trip): /.test(one)))
    })
  }

  void test('shown where a verifier throws what is no refusal', () => {
    const faulty = (bytes: Uint8Array): VerifiedImage => {
      if (bytes.length % 16 === 0) throw new RangeError('out of bounds')
      return verifyImage(bytes)
    }
    assert.match(damage(500, faulty).violations[0] ?? '', /^undeclared-error: bug\/RangeError/)
  })
})

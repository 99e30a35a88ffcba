import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FAIL, NODE, RULE, SELECTION, type VerifiedImage, verifyImage } from '@firebreak/content'
import { fuzzImages } from './image.ts'
import { smallImage } from './small-image.ts'

const EXECUTIONS = 100_000
const SEED = 20_260_805
/** Enough for each planted fault to show. */
const PLANTED_EXECUTIONS = 10_000

void describe('mutated images', () => {
  void test(`${EXECUTIONS} are refused with a code and an offset, or judge events within their bounds`, (t) => {
    const { failures, failed, refused, accepted, codes } = fuzzImages(0, EXECUTIONS, SEED)
    assert.deepEqual([failed, failures], [0, []])
    t.diagnostic(`${refused} refused, ${accepted} accepted: ${JSON.stringify(codes)}`)
    assert.ok(accepted > EXECUTIONS / 20, 'mutations reach the engine')
    assert.ok(Object.keys(codes).length >= 12, 'mutations reach every part of the verifier')
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
  for (const [name, damage] of Object.entries(faults)) {
    void test(`shown where ${name}`, () => {
      const faulty = (bytes: Uint8Array): VerifiedImage => {
        const image = verifyImage(bytes)
        damage(image)
        return image
      }
      const { failed, failures } = fuzzImages(0, PLANTED_EXECUTIONS / 10, SEED, faulty)
      assert.ok(failed > 0)
      assert.match(failures[0] ?? '', /detect\/trap|Cannot go on/)
    })
  }

  void test('shown where a verifier throws what is no refusal', () => {
    const faulty = (bytes: Uint8Array): VerifiedImage => {
      if (bytes.length < smallImage().length) throw new RangeError('out of bounds')
      return verifyImage(bytes)
    }
    assert.match(fuzzImages(0, 500, SEED, faulty).failures[0] ?? '', /RangeError/)
  })

  void test('number n of a seed is the same image again', () => {
    const once = fuzzImages(100, 50, SEED)
    const [first, second] = [fuzzImages(100, 25, SEED), fuzzImages(125, 25, SEED)]
    assert.equal(once.accepted, first.accepted + second.accepted)
  })
})

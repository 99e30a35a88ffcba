import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex, ContentError, regexCost } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { createRegexMachine } from './machine.ts'

const PLAIN = { ignoreCase: false, multiline: false, dotAll: false }
const PROGRAMS = ['(?:a|b|[^bé])*c|^d', 'a{40}b?c', '\\ba.*(?:xy|z)+$', '(?m)^é{2,9}$', ''].map((pattern) =>
  compileRegex(pattern, PLAIN),
)
const TEXTS = ['', 'abcd', 'aé\nééé\n', 'a'.repeat(50), 'xyzxyz b a'].map((text) => utf8Encode(text))
const STEPS_MAX = 16_384

const change = fc.record({
  at: fc.nat({ max: 400 }),
  value: fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 0, max: 0xffffffff }), fc.constant(0xffffffff)),
})

test('a changed program is refused with its code, or is a machine that ends and keeps its answer', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.constantFrom(...PROGRAMS), fc.array(change, { minLength: 1, maxLength: 4 }), (program, changes) => {
      const forged = program.slice()
      for (const { at, value } of changes) forged[at % forged.length] = value
      const machines = attempt(() => [undefined, 0].map((bytesMax) => createRegexMachine(forged, bytesMax)))
      if (machines === null) return
      accepted++
      assert.ok(regexCost(forged) <= STEPS_MAX)
      for (const bytes of TEXTS) {
        const answers: ReadonlySet<boolean> = new Set(
          [...machines, ...machines].map((machine) => machine.matches(bytes, 0, bytes.length)),
        )
        assert.equal(answers.size, 1, 'the cache, or what came before, changes the answer')
      }
    }),
    { numRuns: 10_000 },
  )
  assert.ok(accepted > 200, `only ${accepted} programs were accepted`)
})

function attempt<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    assert.ok(error instanceof ContentError && error.code === 'content/image-regex', String(error))
    return null
  }
}

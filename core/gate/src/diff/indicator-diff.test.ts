import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OTHER_DIGESTS, tablesOf } from './indicator-fixture.ts'
import * as fc from 'fast-check'
import { diffIndicators } from './indicator-diff.ts'

/** Values of every kind, and as many digests as make the tables of two sizes keep a different number of bits. */
const value = fc.oneof(
  fc.nat(20).map((n) => `ip,192.0.2.${n}`),
  fc.nat(9).map((n) => `network,198.51.${n}.0/24`),
  fc.nat(9).map((n) => `ip,2001:db8::${n}`),
  fc.nat(20).map((n) => `domain,d${n}.example`),
  fc.nat(20).map((n) => `filename,tool${n}`),
  fc.nat(200).map((n) => `sha256,${OTHER_DIGESTS[n] ?? ''}`),
)
const lists = fc.array(value, { maxLength: 60 })

test('counts are those of the lists, whatever the tables keep of a digest', () => {
  fc.assert(
    fc.property(lists, lists, (next, old) => {
      const [after, before] = [new Set(next), new Set(old)]
      const found = diffIndicators(tablesOf(next), tablesOf(old))
      const total = (key: 'added' | 'removed') => found.reduce((all, one) => all + one[key], 0)
      assert.deepEqual(
        [total('added'), total('removed')],
        [after.difference(before).size, before.difference(after).size],
      )
    }),
  )
})

test('against nothing everything is added', () => {
  const next = tablesOf(['ip,192.0.2.1', `sha256,${OTHER_DIGESTS[0]}`, `sha256,${OTHER_DIGESTS[1]}`])
  assert.deepEqual(diffIndicators(next, null), [
    { kind: 'ipv4', added: 1, removed: 0 },
    { kind: 'sha256', added: 2, removed: 0 },
  ])
})

test('digests of a large table are the same ones in a small table, which keeps fewer bits of each', () => {
  const rows = OTHER_DIGESTS.map((digest) => `sha256,${digest}`)
  const [small, large] = [tablesOf(rows.slice(0, 10)), tablesOf(rows)]
  assert.deepEqual(diffIndicators(large, small), [{ kind: 'sha256', added: 191, removed: 0 }])
  assert.deepEqual(diffIndicators(small, large), [{ kind: 'sha256', added: 0, removed: 191 }])
})

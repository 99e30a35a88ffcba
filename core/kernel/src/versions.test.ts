import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareVersions, version } from './versions.ts'

const parts = fc.tuple(fc.nat(999_999_999), fc.nat(12), fc.nat(12))

for (const text of ['0.0.0', '1.2.3', '10.0.0', '999999999.999999999.999999999']) {
  test(`${text} is a version`, () => assert.equal(version(text, 'at'), text))
}

const refused = [
  '',
  '1',
  '1.2',
  '1.2.3.4',
  'v1.2.3',
  '1.2.3-rc',
  '01.2.3',
  '1.02.3',
  '-1.0.0',
  '1.2.x',
  ' 1.2.3',
  '1.2.3\n',
  '1..3',
  '1000000000.0.0',
  '1.2.3\0',
  1.2,
  null,
]
for (const value of refused) {
  test(`${JSON.stringify(value)} is no version`, () =>
    assert.throws(() => version(value, 'at'), { code: 'kernel/malformed' }))
}

test('versions are ordered as numbers, not as text', () => {
  const ordered = ['0.0.1', '0.0.2', '0.0.10', '0.1.0', '0.9.9', '0.10.0', '1.0.0', '2.0.0', '10.0.0']
  assert.deepEqual(ordered.toReversed().toSorted(compareVersions), ordered)
})

test('the order is total, and agrees with the numbers', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const difference = compareVersions(a.join('.'), b.join('.'))
      const first = a.findIndex((part, i) => part !== b[i])
      assert.equal(Math.sign(difference), first < 0 ? 0 : Math.sign((a[first] ?? 0) - (b[first] ?? 0)))
      assert.equal(Math.sign(compareVersions(b.join('.'), a.join('.'))), -Math.sign(difference) + 0)
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { targetFetchPath } from './lookup.ts'
import { matchesPattern } from './paths.ts'
import { IMAGE, targetFile } from './repository.fixture.ts'

const rows: readonly [pattern: string, path: string, matches: boolean][] = [
  ['plans/*', 'plans/current.json', true],
  ['plans/*', 'plans/', true],
  ['plans/*', 'plans', false],
  ['plans/*', 'plans/a/b', false],
  ['plans/*', 'releases/a', false],
  ['plans/*', 'xplans/a', false],
  ['*', 'a', true],
  ['*', 'a/b', false],
  ['a*b', 'ab', true],
  ['a*b', 'axxb', true],
  ['a*b', 'a', false],
  ['ab*ba', 'aba', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b*', 'xxbxxaxx', false],
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a.c', 'abc', false],
]
for (const [pattern, path, matches] of rows) {
  test(`${pattern} ${matches ? 'matches' : 'does not match'} ${path}`, () => {
    assert.equal(matchesPattern(pattern, path), matches)
  })
}

test('the matcher agrees with a regular expression', () => {
  const letters = (unit: readonly string[]): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...unit), maxLength: 8 })
  fc.assert(
    fc.property(letters(['a', 'b', '/', '*']), letters(['a', 'b', '/']), (pattern, path) => {
      const regexp = new RegExp(`^${pattern.replaceAll('*', '[^/]*')}$`)
      assert.equal(matchesPattern(pattern, path), regexp.test(path))
    }),
    { numRuns: 2000 },
  )
})

test('a target is fetched by the digest in front of its name', () => {
  const deep = targetFile('releases/linux/1.0.0.image', IMAGE)
  assert.equal(targetFetchPath(deep), `releases/linux/${deep.sha256}.1.0.0.image`)
  const flat = targetFile('a', IMAGE)
  assert.equal(targetFetchPath(flat), `${flat.sha256}.a`)
})

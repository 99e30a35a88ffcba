import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { otherValues, sectionsOf, smallSource, verdictOn, withWord } from './forged-fixture.ts'
import { SECTIONS, type SectionName } from './format.ts'
import { writeImage } from './writer.ts'

/**
 * Every word of a small image, changed in up to six ways: what the verifier says of each, and at which word. A line is
 * `SECTION[WORD]=VALUE`, and for each of `otherValues` in their order `ok`, `.` (refused at this very word) or `CODE@SECTION[WORD]`.
 */
const GOLDEN = readFileSync(new URL('verify-golden.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

const IMAGE = writeImage(smallSource())
/** The others have verifiers of their own, whose tests are beside them. */
const CHECKED = SECTIONS.filter((name) => name !== 'indicators' && name !== 'correlations' && name !== 'regexes')

function linesOf(name: SectionName): readonly string[] {
  const { words } = sectionsOf(IMAGE)[name]
  // Of the strings where they are, not what they say.
  const count = name === 'strings' ? (words[0] ?? 0) + 2 : words.length
  return Array.from(words.subarray(0, count), (word, at) => {
    const place = `${name}[${at}]`
    const verdicts = otherValues(word).map((value) => verdictOn(withWord(IMAGE, name, at, value)))
    return `${place}=${word} ${verdicts.map((one) => (one.endsWith(`@${place}`) ? '.' : one)).join(' ')}`
  })
}

const golden = Map.groupBy(GOLDEN, (line) => line.split('[', 1)[0] ?? '')
for (const name of CHECKED) {
  test(`what is said of each changed word of ${name}`, () => {
    assert.deepEqual(linesOf(name), golden.get(name) ?? [])
  })
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { otherValues } from '../image/forged-fixture.ts'
import { body, compiled, parsed } from './correlation-fixture.ts'
import { readCorrelationSection } from './index.ts'

/**
 * Every word of a small section, changed in up to six ways: what the verifier says. A line is the record and its word, the value, and
 * for each of `otherValues` in their order `ok`, `.` (refused at this very word) or the word at which it is refused.
 */
const GOLDEN = readFileSync(new URL('verify-golden.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

const { correlations } = parsed([
  {
    title: 'a',
    tags: ['attack.t1110'],
    own: 1,
    correlation: body({ aliases: { ip: { failed_login: 'source.ip' } }, condition: { gt: 1, lte: 4.5 } }),
  },
  {
    title: 'b',
    correlation: body({ type: 'value_percentile', condition: { gt: 0.25, field: 'N', percentile: 99.5 } }),
  },
  {
    title: 'c',
    correlation: { type: 'temporal', rules: ['a', 'successful_login'], 'group-by': ['ip'], timespan: '1h' },
  },
  { title: 'd', correlation: body({ type: 'value_count', condition: { gte: 2, field: ['N', 'User'] } }) },
])
const { words: WORDS, counts } = compiled(correlations)

function verdictOn(words: Uint32Array, at: number): string {
  try {
    readCorrelationSection(words, counts)
    return 'ok'
  } catch (error) {
    assert.ok(error instanceof ContentError && error.code === 'content/image-correlations')
    const word = Number(error.details['offset']) / 4
    return word === at ? '.' : `${word}`
  }
}

const QUARTER = Math.ceil(WORDS.length / 4)
for (const from of [0, QUARTER, 2 * QUARTER, 3 * QUARTER]) {
  test(`what is said of each changed word from word ${from} on`, () => {
    const lines = [...WORDS.subarray(from, from + QUARTER)].map((word, i) => {
      const verdicts = otherValues(word).map((value) => verdictOn(WORDS.with(from + i, value), from + i))
      return `${from + i}=${word} ${verdicts.join(' ')}`
    })
    assert.deepEqual(lines, GOLDEN.slice(from, from + QUARTER))
  })
}

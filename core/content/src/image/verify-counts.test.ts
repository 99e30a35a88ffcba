import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes } from '@firebreak/kernel'
import {
  FIELDS_MAX,
  FILTERS_MAX,
  GROUPS_MAX,
  NODES_MAX,
  PREDICATES_MAX,
  ROUTES_MAX,
  RULES_MAX,
  SELECTIONS_MAX,
  VALUES_MAX,
  WITNESSES_MAX,
} from '../limits.ts'
import { bytesOf } from './assemble.ts'
import { sectionsOf, smallSource, verdictOn } from './forged-fixture.ts'
import {
  ALIAS,
  FILTER,
  GROUP,
  HEADER_WORDS,
  NEED,
  NODE,
  PREDICATE,
  ROUTE,
  RULE,
  SECTIONS,
  type SectionName,
  SELECTION,
  TABLE_WORDS,
  WITNESS,
} from './format.ts'
import { writeImage } from './writer.ts'

const IMAGE = writeImage(smallSource())

/** The image with zeros behind the words of a section, up to so many in all, and its table right for them. */
function grown(name: SectionName, words: number): Uint8Array {
  const sections = sectionsOf(IMAGE)
  const head = new Uint32Array(HEADER_WORDS + TABLE_WORDS)
  head.set(new Uint32Array(IMAGE.buffer, 0, HEADER_WORDS))
  let at = 4 * head.length
  const contents = SECTIONS.map((one, i) => {
    const content = new Uint32Array(one === name ? words : sections[one].words.length)
    content.set(sections[one].words)
    head.set([at, content.byteLength], HEADER_WORDS + 2 * i)
    at += content.byteLength
    return bytesOf(content)
  })
  head[3] = at
  return concatBytes([bytesOf(head), ...contents])
}

/** Of each section with a limit: words of a record, how many records, and what is said of one too many. */
const limits: readonly (readonly [name: SectionName, words: number, most: number, verdict: string])[] = [
  ['fields', 1, FIELDS_MAX, 'rules'],
  ['groups', GROUP.words, GROUPS_MAX, 'rules'],
  ['needs', NEED.words, GROUPS_MAX * FIELDS_MAX, 'rules'],
  ['routes', ROUTE.words, ROUTES_MAX, 'routes'],
  ['aliases', ALIAS.words, ROUTES_MAX, 'routes'],
  ['rules', RULE.words, RULES_MAX, 'rules'],
  ['selections', SELECTION.words, SELECTIONS_MAX, 'program'],
  ['nodes', NODE.words, NODES_MAX, 'program'],
  ['predicates', PREDICATE.words, PREDICATES_MAX, 'predicates'],
  ['values', 1, VALUES_MAX, 'predicates'],
  ['witnesses', WITNESS.words, WITNESSES_MAX, 'witnesses'],
  ['filters', FILTER.words, FILTERS_MAX, 'rules'],
]
for (const [name, words, most, code] of limits) {
  test(`${most} ${name} may be: what is wrong is that nothing owns them`, () => {
    const verdict = verdictOn(grown(name, words * most))
    assert.match(verdict, /@/)
    assert.notEqual(verdict, `${code}@${name}[0]`)
  })
  test(`${most + 1} ${name} are too many`, () => {
    assert.equal(verdictOn(grown(name, words * (most + 1))), `${code}@${name}[0]`)
  })
}

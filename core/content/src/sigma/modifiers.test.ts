import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { MODIFIERS_PER_ITEM_MAX } from '../limits.ts'
import { MODIFIER_NAMES, parseModifiers } from './modifiers.ts'
import { readSelection } from './sigma-fixture.ts'

/** Values that fit the modifiers: every combination is tried with each, and is taken if one of them is. */
const VALUES = [true, 4, '%name%', 'abcd', '10.0.0.0/8', [1, 2], ['abc', 'abd'], ['10.0.0.0/8', '::1']]
const PLACEHOLDERS = { name: ['10.0.0.0/8'] }

function isTaken(modifiers: readonly string[]): boolean {
  return VALUES.some(
    (value) => !readSelection({ [['Field', ...modifiers].join('|')]: value }, PLACEHOLDERS).startsWith('content/'),
  )
}

test('there are the 31 modifiers of the specification', () => {
  const names =
    'all startswith endswith contains exists cased neq windash re i m s base64 base64offset utf16le utf16be utf16 wide ' +
    'lt lte gt gte minute hour day week month year cidr expand fieldref'
  assert.deepEqual(MODIFIER_NAMES.toSorted(), names.split(' ').toSorted())
  assert.equal(MODIFIER_NAMES.length, 31)
})

test('each is taken alone, but the flags of re', () => {
  for (const name of MODIFIER_NAMES) assert.equal(isTaken([name]), !['i', 'm', 's'].includes(name), name)
})

const PLACES = 'startswith endswith contains'
const COMPARISONS = 'lt lte gt gte'
const TIMES = 'minute hour day week month year'
const UTF16 = 'utf16le utf16be utf16 wide'
const ENCODINGS = `${UTF16} base64 base64offset`
const TEXT = `windash expand ${ENCODINGS}`

/** Which modifiers may come right after the first, and nothing else. Written by hand, not from the code's table. */
const FOLLOWERS: readonly (readonly [first: string, followers: string])[] = [
  ['all', `${PLACES} cased neq ${TEXT} re cidr fieldref ${COMPARISONS} ${TIMES}`],
  ['neq', `all ${PLACES} cased ${TEXT} re cidr fieldref ${COMPARISONS} ${TIMES}`],
  ['cased', `all ${PLACES} neq ${TEXT} fieldref`],
  [PLACES, 'all cased neq windash expand fieldref'],
  ['exists', ''],
  ['windash', `all ${PLACES} cased neq expand ${ENCODINGS}`],
  ['expand', `all ${PLACES} cased neq windash ${ENCODINGS} re cidr fieldref`],
  ['re', 'all neq expand i m s'],
  ['i m s', ''],
  [UTF16, `all ${PLACES} cased neq base64 base64offset`],
  ['base64', `all ${PLACES} cased neq ${ENCODINGS}`],
  ['base64offset', `all ${PLACES} cased neq ${UTF16} base64offset`],
  [COMPARISONS, 'all neq'],
  [TIMES, `all neq ${COMPARISONS}`],
  ['cidr', 'all neq expand'],
  ['fieldref', `all ${PLACES} cased neq expand`],
]

test('of all 31 x 31 pairs, those that mean something are taken, and the others refused by code', () => {
  const rows = FOLLOWERS.flatMap(([firsts, followers]) =>
    firsts.split(' ').map((first) => [first, followers.split(' ')] as const),
  )
  assert.equal(rows.length, MODIFIER_NAMES.length)
  for (const [first, followers] of rows) {
    for (const second of MODIFIER_NAMES) {
      const what = `${first}|${second}`
      if (followers.includes(second)) assert.ok(isTaken([first, second]), `${what} is refused`)
      else assert.throws(() => parseModifiers([first, second]), isModifierError, `${what} is taken`)
    }
  }
})

function isModifierError(error: unknown): boolean {
  return error instanceof ContentError && error.code === 'content/modifier'
}

test('what is refused says why', () => {
  const rows: readonly (readonly [modifiers: string, message: RegExp])[] = [
    ['', /modifier "": expected one of all, startswith/],
    ['Contains', /modifier "Contains": expected one of/],
    ['contains|contains', /contains: it is there twice/],
    ['startswith|endswith', /endswith after startswith: a value has one place in the field/],
    ['i', /i: it belongs after re/],
    ['i|re', /i: it belongs after re/],
    ['re|contains', /contains after re: a regular expression says itself what it matches, and where/],
    ['re|cased', /cased after re/],
    ['windash|re', /re after windash: a regular expression/],
    ['exists|neq', /exists asks for presence only/],
    ['gt|lt', /lt after gt: a value is read in one way/],
    ['cidr|re', /a value is read in one way/],
    ['gte|hour', /hour after gte: a part is taken of a time/],
    ['contains|base64', /base64 after contains: it would encode the wildcards; encode first/],
    ['base64|windash', /windash after base64: the value is encoded by then; encode last/],
    ['base64|contains|expand', /expand after base64/],
    ['wide|utf16', /utf16 after wide: nothing is encoded as UTF-16 of UTF-16/],
    ['base64offset|base64', /base64 after base64offset: base64offset leaves a piece/],
    ['cased|gt', /gt after cased: a comparison is between numbers/],
  ]
  for (const [modifiers, message] of rows) {
    assert.throws(
      () => parseModifiers(modifiers.split('|')),
      (error) => isModifierError(error) && message.test(String(error)),
      modifiers,
    )
  }
})

test('longer chains', () => {
  for (const chain of [
    'wide|base64offset|contains',
    'wide|base64|wide|base64offset|contains|all|neq',
    're|i|m|s|all',
    'hour|gte|neq',
  ]) {
    assert.ok(isTaken(chain.split('|')), chain)
  }
  const many = Array<string>(MODIFIERS_PER_ITEM_MAX + 1).fill('base64')
  assert.throws(() => parseModifiers(many), { code: 'content/limit' })
  assert.ok(parseModifiers(many.slice(1)))
})

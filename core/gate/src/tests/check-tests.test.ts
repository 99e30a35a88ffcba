import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ParsedPack, parsePack, type SourceNode } from '@firebreak/content'
import { correlatedSource, goodSource, type Plain, type PlainMap, rule, ruleTest, sourceOf } from '../gate-fixture.ts'
import { checkTests } from './check-tests.ts'
import { TEST_CODES, type TestCode } from './codes.ts'

const NC = rule(1, { 'Image|endswith': '/nc', User: 'root' })
const HIT = { Image: '/bin/nc', User: 'root' }
const NEAR = { Image: '/bin/ncat', User: 'root' }
const OTHER_USER = { Image: '/bin/nc', User: 'kim' }

function packOf(rules: readonly Plain[], tests: readonly Plain[]): ParsedPack {
  const pack = parsePack(sourceOf(rules, tests))
  assert.deepEqual(pack.diagnostics, [])
  return pack
}

interface Row {
  readonly name: string
  readonly match: readonly PlainMap[]
  readonly ignore: readonly PlainMap[]
  readonly code: TestCode | null
  readonly message?: RegExp
}

const rows: readonly Row[] = [
  { name: 'a near miss for each field', match: [HIT], ignore: [NEAR, OTHER_USER], code: null },
  {
    name: 'one near miss: the other field is a warning',
    match: [HIT],
    ignore: [NEAR],
    code: 'gate/undecided-test',
    message: /no test decides 1 of its 2 field tests: selection: User equals \(could always hold\)\./,
  },
  {
    name: 'no near miss',
    match: [HIT],
    ignore: [{ Image: '/bin/ls', User: 'kim' }],
    code: 'gate/test-proves-nothing',
    message: /Image ends-with \(could always hold\); selection: User equals \(could always hold\)\./,
  },
  { name: 'an empty event to ignore', match: [HIT], ignore: [{}], code: 'gate/test-proves-nothing' },
  { name: 'an event of another kind', match: [HIT], ignore: [{ QueryName: 'x' }], code: 'gate/test-proves-nothing' },
  { name: 'half an event', match: [HIT], ignore: [{ User: 'root' }], code: 'gate/test-proves-nothing' },
  {
    name: 'nothing to match',
    match: [],
    ignore: [NEAR],
    code: 'gate/untested-rule',
    message: /no event that it must match/,
  },
  {
    name: 'nothing to ignore',
    match: [HIT],
    ignore: [],
    code: 'gate/untested-rule',
    message: /no event that it must ignore/,
  },
  {
    name: 'a miss',
    match: [HIT, NEAR],
    ignore: [OTHER_USER],
    code: 'gate/missed',
    message: /^Rule 1: match event 2: rule/,
  },
  {
    name: 'a false positive',
    match: [HIT],
    ignore: [NEAR, HIT],
    code: 'gate/false-positive',
    message: /^Rule 1: ignore event 2: rule/,
  },
]

for (const { name, match, ignore, code, message } of rows) {
  test(`tests: ${name}`, () => {
    const { verdict, findings } = checkTests(packOf([NC], [ruleTest(1, match, ignore)]))
    assert.deepEqual(
      findings.map((one) => one.code),
      code === null ? [] : [code],
    )
    const severity = TEST_CODES.find((one) => one.code === code)?.severity
    assert.equal(findings[0]?.severity, severity)
    assert.equal(verdict, severity === 'error' ? 'fail' : 'pass')
    if (message) assert.match(findings[0]?.message ?? '', message)
  })
}

test('a finding names five field tests, and counts the others', () => {
  const named = (count: number): string => {
    const fields = Array.from({ length: count }, (_, i) => [`F${i}`, 'x'] as const)
    const event = Object.fromEntries(fields)
    const tests = [ruleTest(1, [event], [Object.fromEntries(fields.map(([field]) => [field, 'y']))])]
    return checkTests(packOf([rule(1, event)], tests)).findings[0]?.message ?? ''
  }
  assert.match(named(5), /F4 equals \(could always hold\)\.$/)
  assert.match(named(6), /F4 equals \(could always hold\); and 1 more\.$/)
  assert.match(named(8), /F4 equals \(could always hold\); and 3 more\.$/)
})

test('some field tests that nothing decides are where the first of them is', () => {
  const source = sourceOf([NC], [ruleTest(1, [HIT], [NEAR])])
  const placed = { ...source, rules: source.rules.map((one) => ({ ...one, nodes: one.nodes.map(moved) })) }
  const { findings } = checkTests(parsePack(placed), placed)
  assert.deepEqual([findings[0]?.code, findings[0]?.at?.line], ['gate/undecided-test', 77])
})

/** The item of the field User stands in line 77. */
function moved(node: SourceNode): SourceNode {
  if (node.kind !== 'mapping') return node
  const entries = node.entries.map((one) => {
    const keyAt = one.key === 'User' ? { ...one.keyAt, line: 77 } : one.keyAt
    return { ...one, keyAt, value: moved(one.value) }
  })
  return { ...node, entries }
}

test('a bug of ours is no reason of a check', () => {
  const pack = { rules: [null], tests: [] } as unknown as Pick<ParsedPack, 'rules' | 'tests'>
  assert.throws(() => checkTests(pack), TypeError)
})

test('a rule that always matches its log source and one that never does are told from what the tests ask for', () => {
  const always = rule(1, { 'Image|exists': true })
  const never = { ...NC, detection: { a: { Image: 'x' }, b: { Image: 'y' }, condition: 'a and not a and b' } }
  const tests = [ruleTest(1, [HIT], [NEAR])]
  assert.deepEqual(
    checkTests(packOf([always], tests)).findings.map(({ code }) => code),
    ['gate/false-positive'],
  )
  assert.deepEqual(
    checkTests(packOf([never], tests)).findings.map(({ code }) => code),
    ['gate/missed'],
  )
})

test('a rule without a test has one finding, and errors come before warnings and notes', () => {
  const rules = [NC, rule(2, { A: 'a', B: 'b' })]
  const { findings, reason } = checkTests(packOf(rules, [ruleTest(1, [HIT], [NEAR])]))
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [
      ['gate/untested-rule', 'error'],
      ['gate/undecided-test', 'warning'],
    ],
  )
  assert.equal(reason, '1 rules or tests are not complete.')
})

test('a pass says how much is decided', () => {
  const { verdict, reason } = checkTests(parsePack(goodSource()))
  assert.equal(verdict, 'pass')
  assert.match(reason, /^Each of the 2 rules has .*; they decide 2 of 3 field tests\.$/)
  assert.match(checkTests({ rules: [], tests: [] }).reason, /no rules/)
})

test('nobody drives a correlation, and the approver is told', () => {
  const { verdict, findings } = checkTests(parsePack(correlatedSource(true)))
  assert.equal(verdict, 'pass')
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['gate/untested-correlation', 'note']],
  )
})

test('a test of a rule that the pack lost is one of no rule', () => {
  const { rules, tests } = parsePack(goodSource())
  const { verdict, findings } = checkTests({ rules: rules.slice(1), tests })
  assert.equal(verdict, 'fail')
  assert.equal(findings[0]?.code, 'gate/unknown-rule')
  assert.equal(findings[0]?.at?.file, 'tests/0.yml')
})

test('field tests that cannot be tried one by one are no pass', () => {
  const pack = packOf([NC], [ruleTest(1, [HIT], [NEAR])])
  const match = { kind: 'text' as const, cased: false, patterns: [{ shape: 'equals' as const, text: 'x' }] }
  const field = 'more than a string of an image may have '.repeat(2_000)
  const rules = pack.rules.map((one) => ({
    ...one,
    selections: [{ name: 's', test: { kind: 'test' as const, field, match } }],
  }))
  const { verdict, reason } = checkTests({ rules, tests: pack.tests })
  assert.equal(verdict, 'inconclusive')
  assert.match(reason, /^The field tests could not be tried one by one: /)
})

const PAGE = new URL('../../../../docs/gate-tests.md', import.meta.url)
// A copy of the core alone, as mutation testing makes it, has no pages.
const skip = existsSync(PAGE) ? false : 'no docs beside the core'

test('each code is there once, and the documentation says of each what it means', { skip }, () => {
  const codes = TEST_CODES.map(({ code }) => code)
  assert.equal(new Set(codes).size, codes.length)
  const text = readFileSync(PAGE, 'utf8')
  for (const { code, severity, reason } of TEST_CODES)
    assert.ok(text.includes(`| \`${code}\` | ${severity} | ${reason} |`), code)
})

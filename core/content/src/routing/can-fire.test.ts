import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Condition, FieldTest, LogSource, Match, Tree } from '../sigma/ast.ts'
import { canFire, type JudgedRule } from './can-fire.ts'
import { reportCoverage } from './coverage.ts'
import { ANY_SENSOR, type SensorContract, sensorOfCategories, WINDOWS_SENSOR } from './sensor.ts'

type Node = Tree<FieldTest>

const regex: Match = { kind: 'regex', regexes: [] }
const has = (field: string | null, match: Match = regex): FieldTest => ({ kind: 'test', field, match })
const isNull = (field: string): FieldTest => has(field, { kind: 'null' })
const exists = (field: string): FieldTest => has(field, { kind: 'exists' })
const sameAs = (field: string, other: string): FieldTest =>
  has(field, { kind: 'field', how: 'equals', cased: false, other })
function all<Leaf>(...children: readonly Tree<Leaf>[]): Tree<Leaf> {
  return { kind: 'all', children }
}
function any<Leaf>(...children: readonly Tree<Leaf>[]): Tree<Leaf> {
  return { kind: 'any', children }
}
function not<Leaf>(child: Tree<Leaf>): Tree<Leaf> {
  return { kind: 'not', child }
}
const sel = (selection: number): Condition => ({ kind: 'selection', selection })

const LINUX_PROCESS: LogSource = { category: 'process_creation', product: 'linux', service: null }
const WINDOWS_PROCESS: LogSource = { ...LINUX_PROCESS, product: 'windows' }

function rule(tests: readonly Node[], condition: Condition = sel(0), logsource = LINUX_PROCESS): JudgedRule {
  return { logsource, selections: tests.map((one, i) => ({ name: `selection${i}`, test: one })), condition }
}

/** Twenty fields. A rule for the twenty-first must be told so here, and not when it runs. */
const TWENTY = Array.from({ length: 20 }, (_, i) => `Field${i + 1}`)
const SENSOR: SensorContract = sensorOfCategories('the sensor', 'linux', [
  { category: 'process_creation', fields: TWENTY },
])

describe('canFire', () => {
  const rows: readonly (readonly [what: string, rule: JudgedRule, reason: string | null])[] = [
    ['the 20th field', rule([has('Field20')]), null],
    ['the 21st field', rule([has('Field21')]), 'needs-field Field21'],
    ['the 21st field in any of two', rule([any(has('Field21'), has('Field1'))]), null],
    ['both unsupplied', rule([any(has('Field21'), has('Field22'))]), 'needs-field Field21 or Field22'],
    ['all of two', rule([all(has('Field21'), has('Field1'))]), 'needs-field Field21'],
    ['one of several needs, nested', rule([all(has('A'), any(has('B'), has('C')))]), 'needs-field A and (B or C)'],
    ['absent', rule([isNull('Field21')]), null],
    ['not absent', rule([not<FieldTest>(isNull('Field21'))]), 'needs-field Field21'],
    ['exists', rule([exists('Field21')]), 'needs-field Field21'],
    ['does not exist', rule([not<FieldTest>(exists('Field21'))]), null],
    ['a filter on it', rule([has('Field1'), has('Field21')], all(sel(0), not(sel(1)))), null],
    ['a filter that always holds', rule([has('Field1'), isNull('X')], all(sel(0), not(sel(1)))), 'needs-field X'],
    ['keywords', rule([has(null)]), null],
    ['another field', rule([sameAs('Field1', 'Field21')]), 'needs-field Field21'],
    ['of another field', rule([sameAs('Field21', 'Field1')]), 'needs-field Field21'],
    ['names are compared to the letter', rule([has('field1')]), 'needs-field field1'],
    ['and not itself', rule([has('Field1')], all(sel(0), not(sel(0)))), 'never-true'],
    ['or not itself', rule([has('Field1')], any(sel(0), not(sel(0)))), null],
    ['either, not both, not neither', exclusive(), 'never-true'],
    ['another category', rule([has('Field1')], sel(0), { ...LINUX_PROCESS, category: 'dns_query' }), 'no-route'],
    ['another product', rule([has('Field1')], sel(0), WINDOWS_PROCESS), 'no-route'],
    ['no product', rule([has('Field1')], sel(0), { ...LINUX_PROCESS, product: null }), null],
    ['lines of a log', rule([has(null)], sel(0), { ...LINUX_PROCESS, category: null }), 'no-route'],
    ['a service besides', rule([has('Field1')], sel(0), { ...LINUX_PROCESS, service: 'auditd' }), 'no-route'],
  ]
  for (const [what, one, expected] of rows) {
    test(what, () => {
      const verdict = canFire(one, SENSOR)
      if (expected === null) return assert.ok(verdict.fires, JSON.stringify(verdict))
      assert.ok(!verdict.fires)
      const [reason] = verdict.reasons
      assert.ok(reason)
      const needs = / needs (.*), which/.exec(reason.message)?.[1]
      assert.equal(needs === undefined ? reason.code : `${reason.code} ${needs}`, expected)
      assert.match(reason.message, /^Cannot /)
    })
  }

  test('on Windows: what process events of the Security log do not have', () => {
    const verdict = canFire(rule([has('OriginalFileName')], sel(0), WINDOWS_PROCESS), WINDOWS_SENSOR)
    assert.ok(verdict.fires)
    assert.deepEqual(verdict.via, ['Microsoft-Windows-Sysmon/Operational 1'])
    assert.deepEqual(
      verdict.except.map(({ message }) => message),
      ['Cannot fire on Security 4688: needs OriginalFileName, which it does not supply'],
    )
  })

  test('on Windows: a field under the name that the Security log has for it', () => {
    const verdict = canFire(rule([all(has('Image'), has('ParentImage'))], sel(0), WINDOWS_PROCESS), WINDOWS_SENSOR)
    assert.deepEqual(verdict, {
      fires: true,
      via: ['Microsoft-Windows-Sysmon/Operational 1', 'Security 4688'],
      except: [],
    })
  })

  test('when anything may be handed over, a log source has to be one that is known', () => {
    const on = (logsource: LogSource) => canFire(rule([has('Anything')], sel(0), logsource), ANY_SENSOR)
    assert.deepEqual(on({ category: 'proxy', product: null, service: null }), {
      fires: true,
      via: ['events declared as category: proxy'],
      except: [],
    })
    const misspelt = on({ category: 'proces_creation', product: 'linux', service: null })
    assert.ok(!misspelt.fires)
    assert.equal(misspelt.reasons[0]?.code, 'no-route')
    assert.match(misspelt.reasons[0]?.message ?? '', /category: proces_creation, product: linux/)
  })

  test('a long list of needs is cut, with its length', () => {
    const verdict = canFire(rule([any<FieldTest>(...Array.from({ length: 30 }, (_, i) => has(`No${i}`)))]), SENSOR)
    assert.ok(!verdict.fires && verdict.reasons[0]?.code === 'needs-field')
    assert.match(verdict.reasons[0].message, /No7 or 22 more,/)
    assert.equal(verdict.reasons[0].fields.length, 30)
  })

  test('agrees with trying every event', () => {
    const name = fc.constantFrom('Field1', 'Field2', 'No1', 'No2')
    const leaf = fc.oneof(
      name.map((one) => has(one)),
      name.map(isNull),
      name.map(exists),
      fc.constant(has(null)),
    )
    const selections = fc.array(treeOf(leaf, 2), { minLength: 3, maxLength: 3 })
    const condition = treeOf(fc.nat(2).map(sel), 3)
    fc.assert(
      fc.property(selections, condition, (tests, written) => {
        const one = rule(tests, written)
        assert.equal(canFire(one, SENSOR).fires, firesByTrying(one))
      }),
      { numRuns: 2_000 },
    )
  })
})

test('coverage has every rule once, with the reasons', () => {
  const rules = [
    rule([has('Field1')]),
    rule([has('Field21')]),
    rule([has('Field1')], sel(0), WINDOWS_PROCESS),
    rule([has('Field2')], sel(0), { ...LINUX_PROCESS, product: null }),
  ]
  const report = reportCoverage(rules, SENSOR)
  assert.deepEqual([report.rules, report.canFire], [4, 2])
  assert.equal(
    report.rows.reduce((sum, row) => sum + row.rules, 0),
    4,
  )
  const cannot = report.rows.flatMap((row) => row.cannot)
  assert.deepEqual(
    cannot.map(({ rule: one, verdict }) => [one.logsource.product, verdict.reasons.map(({ code }) => code)]),
    [
      ['linux', ['needs-field']],
      ['windows', ['no-route']],
    ],
  )
})

/** (A or B) and not (A and B) and not (A and not B) and not (not A and B). */
function exclusive(): JudgedRule {
  const [a, b] = [sel(0), sel(1)]
  const condition = all<{ kind: 'selection'; selection: number }>(
    any(a, b),
    not(all(a, b)),
    not(all(a, not(b))),
    not(all(not(a), b)),
  )
  return rule([has('Field1'), has('Field2')], condition)
}

function treeOf<Leaf>(leaf: fc.Arbitrary<Leaf>, depth: number): fc.Arbitrary<Tree<Leaf>> {
  if (depth === 0) return leaf
  const child = treeOf(leaf, depth - 1)
  const children = fc.array(child, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    leaf,
    child.map((one) => not(one)),
    children.map((some) => all(...some)),
    children.map((some) => any(...some)),
  )
}

/** Each selection can have the values that some outcome of its tests gives it; then every choice of those is tried. */
function firesByTrying({ selections, condition }: JudgedRule): boolean {
  const possible = selections.map(({ test: one }) => outcomes(one))
  const choices = possible.reduce<readonly (readonly boolean[])[]>(
    (before, values) => before.flatMap((some) => values.map((value) => [...some, value])),
    [[]],
  )
  return choices.some((choice) => holds(condition, choice))
}

function outcomes(node: Node): readonly boolean[] {
  if (node.kind === 'test') {
    if (node.field === null || TWENTY.includes(node.field)) return [false, true]
    return [node.match.kind === 'null']
  }
  if (node.kind === 'not') return outcomes(node.child).map((value) => !value)
  const fold = (a: boolean, b: boolean) => (node.kind === 'all' ? a && b : a || b)
  const start = [node.kind === 'all']
  return node.children.reduce<readonly boolean[]>((before, child) => {
    const combined = before.flatMap((a) => outcomes(child).map((b) => fold(a, b)))
    return [...new Set(combined)]
  }, start)
}

function holds(node: Condition, choice: readonly boolean[]): boolean {
  if (node.kind === 'selection') return choice[node.selection] ?? false
  if (node.kind === 'not') return !holds(node.child, choice)
  if (node.kind === 'all') return node.children.every((child) => holds(child, choice))
  return node.children.some((child) => holds(child, choice))
}

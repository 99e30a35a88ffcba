import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Condition, FieldTest, LogSource, Tree } from '../sigma/ast.ts'
import { canFire, type JudgedRule } from './can-fire.ts'
import { reportCoverage } from './coverage.ts'
import { sourcesOfDeclared } from './declared.ts'
import { describeSource } from './route.ts'
import { ANY_SENSOR, type SensorContract, sensorOfCategories, type SensorSource, sourcesReaching } from './sensor.ts'

type Node = Tree<FieldTest>

const has = (field: string): FieldTest => ({ kind: 'test', field, match: { kind: 'exists' } })
const isNull = (field: string): FieldTest => ({ kind: 'test', field, match: { kind: 'null' } })
const sel = (selection: number): Condition => ({ kind: 'selection', selection })
const all = (...children: readonly Condition[]): Condition => ({ kind: 'all', children })
const any = (...children: readonly Condition[]): Condition => ({ kind: 'any', children })
const not = (child: Condition): Condition => ({ kind: 'not', child })

/** `category/product/service`, `-` for what is not named. */
function source(text: string): LogSource {
  const [category, product, service] = text.split('/').map((part) => (part === '-' ? null : part))
  return { category: category ?? null, product: product ?? null, service: service ?? null }
}

function rule(
  tests: readonly Node[],
  condition: Condition = sel(0),
  logsource = 'process_creation/linux/-',
): JudgedRule {
  return { logsource: source(logsource), selections: tests.map((one, i) => ({ name: `s${i}`, test: one })), condition }
}

/** Supplies A and B, and nothing else. */
const SENSOR = sensorOfCategories('the sensor', 'linux', [{ category: 'process_creation', fields: ['A', 'B'] }])

/** What keeps a rule from firing, and the fields that it needs; null: it fires. */
function verdictOn(one: JudgedRule): string | null {
  const verdict = canFire(one, SENSOR)
  if (verdict.fires) return null
  const [reason] = verdict.reasons
  return reason?.code === 'needs-field' ? reason.fields.join() : (reason?.code ?? '')
}

describe('what a rule needs', () => {
  const rows: readonly (readonly [what: string, rule: JudgedRule, verdict: string | null])[] = [
    [
      'either but not both, and a field',
      rule([has('A'), has('B'), has('X')], all(any(sel(0), sel(1)), not(all(sel(0), sel(1))), sel(2))),
      'X',
    ],
    ['not what holds already', rule([has('X'), { kind: 'not', child: has('Y') }], all(sel(0), sel(1))), 'X'],
    [
      'what always holds and must not',
      rule([isNull('X'), { kind: 'not', child: has('Y') }], all(not(sel(0)), sel(1))),
      'X',
    ],
    ['not what is absent as it should be', rule([{ kind: 'all', children: [has('X'), isNull('Y')] }]), 'X'],
    ['what would end a contradiction', rule([has('A'), has('X')], all(any(sel(0), sel(1)), not(sel(0)))), 'X'],
  ]
  for (const [what, one, verdict] of rows) test(what, () => assert.equal(verdictOn(one), verdict))

  const contradictions = (count: number) => {
    const each = Array.from({ length: count }, (_, i) => all(sel(i), not(sel(i))))
    return (field: (i: number) => string) =>
      rule(
        Array.from({ length: count }, (_, i) => has(field(i))),
        any(...each),
      )
  }
  test('so many selections are tried out, and more count as open', () => {
    assert.equal(verdictOn(contradictions(12)(() => 'A')), 'never-true')
    assert.equal(verdictOn(contradictions(13)(() => 'A')), null)
  })

  test('those that are known are not tried out', () => {
    const fields = Array.from({ length: 13 }, (_, i) => `X${i}`)
    assert.equal(verdictOn(contradictions(13)((i) => fields[i] ?? '')), fields.join())
  })

  test('nor are those that are named in one way only', () => {
    const plain = Array.from({ length: 13 }, (_, i) => sel(i))
    const tests = Array.from({ length: 14 }, () => has('A'))
    assert.equal(verdictOn(rule(tests, all(...plain, sel(13), not(sel(13))))), 'never-true')
  })
})

describe('where anything may be handed over', () => {
  const rows: readonly (readonly [logsource: string, via: readonly string[]])[] = [
    [
      'process_creation/windows/-',
      [
        'microsoft-windows-sysmon/operational 1',
        'security 4688',
        'events declared as category: process_creation, product: windows',
      ],
    ],
    [
      'registry_delete/windows/-',
      [
        'microsoft-windows-sysmon/operational 12 with EventType deletekey',
        'microsoft-windows-sysmon/operational 12 with EventType deletevalue',
      ],
    ],
    ['-/windows/security', ['security']],
    [
      'process_creation/linux/-',
      ['linux-sysmon/operational 1', 'auditd EXECVE', 'events declared as category: process_creation, product: linux'],
    ],
    ['-/linux/auditd', ['auditd records', 'events declared as product: linux, service: auditd']],
  ]
  for (const [logsource, via] of rows) {
    test(logsource, () => {
      const verdict = canFire(rule([has('A')], sel(0), logsource), ANY_SENSOR)
      assert.deepEqual(verdict.fires && verdict.via, via)
    })
  }
})

describe('which sources reach a rule', () => {
  const security = (eventId: number | null, fields: readonly string[] | 'any' = ['F']): SensorSource => {
    return { kind: 'channel', channel: 'Security', eventId, fields }
  }
  const system: SensorSource = { kind: 'channel', channel: 'System', eventId: null, fields: 'any' }
  const declared = (fields: readonly string[] | 'any'): SensorSource => {
    return { kind: 'declared', source: source('process_creation/linux/-'), fields }
  }
  const reached = (logsource: string, ...sources: readonly SensorSource[]) => {
    const sensor: SensorContract = { name: 's', sources }
    return sourcesReaching(source(logsource), sensor).map(({ name, fields, aliases }) => [name, fields, aliases.length])
  }

  test('an event of a channel before the whole channel, and no other channel', () => {
    const logsource = 'process_creation/windows/security'
    assert.deepEqual(reached(logsource, system, security(null), security(4688, ['G'])), [['Security 4688', ['G'], 2]])
    assert.deepEqual(reached(logsource, system, security(null), security(1)), [['Security 4688', ['F'], 2]])
    assert.deepEqual(reached(logsource, system, security(1)), [])
    assert.deepEqual(reached('-/windows/security', security(null)), [['Security', ['F'], 0]])
  })

  test('each once, but for what supplies something else under the same name', () => {
    const logsource = 'process_creation/linux/-'
    const name = 'category: process_creation, product: linux'
    assert.deepEqual(reached(logsource, declared('any'), declared('any')), [[name, 'any', 0]])
    const [one, other] = [['F'], ['G']]
    assert.deepEqual(reached(logsource, declared(one), declared(other), declared(one)), [
      [name, one, 0],
      [name, other, 0],
    ])
  })
})

test('coverage is by log source, in the order of its description', () => {
  const rules = ['process_creation/linux/-', '-/linux/sshd', 'file_event/linux/-', 'process_creation/linux/-'].map(
    (one) => rule([has('A')], sel(0), one),
  )
  const { rows, canFire: firing, sensor } = reportCoverage(rules, SENSOR)
  assert.deepEqual([sensor, firing], ['the sensor', 2])
  assert.deepEqual(
    rows.map(({ logsource, rules: size, canFire: fire }) => [describeSource(logsource), size, fire]),
    [
      ['category: file_event, product: linux', 1, 0],
      ['category: process_creation, product: linux', 2, 2],
      ['product: linux, service: sshd', 1, 0],
    ],
  )
})

test('what is declared reaches rules that say less', () => {
  const reached = (text: string) => sourcesOfDeclared(source(text)).map(describeSource).toSorted()
  assert.deepEqual(reached('proxy/zscaler/-'), [
    'category: proxy',
    'category: proxy, product: zscaler',
    'product: zscaler',
  ])
  assert.deepEqual(reached('process_creation/linux/-'), [
    'category: process_creation',
    'category: process_creation, product: linux',
  ])
  assert.ok(reached('process_creation/linux/sysmon').includes('product: linux, service: sysmon'))
})

test('a log source is described by what it names', () => {
  assert.deepEqual(
    ['a/b/c', 'a/-/-', '-/b/-', '-/-/c', '-/-/-'].map((one) => describeSource(source(one))),
    ['category: a, product: b, service: c', 'category: a', 'product: b', 'service: c', 'no log source'],
  )
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { OPEN_CONTRACT } from './contract.ts'
import { createEngine, type Engine } from './engine.ts'
import { event, image, type Plain, rule, ruleId } from './engine-fixture.ts'
import { FIELD_BYTES_MAX, type RecordEvent } from './event/index.ts'

type Fields = RecordEvent['fields']

function engineOf(rules: readonly Plain[], indicators?: string): Engine {
  return createEngine(image(rules, indicators === undefined ? {} : { indicators }), OPEN_CONTRACT)
}

function titles(
  engine: Engine,
  json: Plain,
  declared: Parameters<Engine['evaluateJson']>[3] = null,
): readonly string[] {
  const bytes = utf8Encode(JSON.stringify(json))
  return engine.evaluateJson(bytes, 0, bytes.length, declared).map(({ title }) => title)
}

describe('conditions', () => {
  const names = { a: { A: 1 }, b: { B: 1 }, sel_c: { C: 1 }, sel_d: { D: 1 }, _h: { H: 1 } }
  const rows: readonly (readonly [condition: Plain, fields: Fields, expected: boolean])[] = [
    ['a and b', { A: 1 }, false],
    ['a or b and sel_c', { A: 1 }, true],
    ['(a or b) and sel_c', { A: 1 }, false],
    ['(a and b) or (a and sel_c)', { A: 1, C: 1 }, true],
    ['not a', {}, true],
    ['a and not b', { A: 1, B: 1 }, false],
    ['1 of sel_*', { D: 1 }, true],
    ['all of sel_*', { D: 1 }, false],
    ['not all of sel_*', { C: 1 }, true],
    ['1 of them', { H: 1 }, false],
    [['a', 'b'], { B: 1 }, true],
  ]
  for (const [condition, fields, expected] of rows) {
    test(JSON.stringify(condition), () => {
      const engine = engineOf([rule(1, { ...names, condition })])
      assert.equal(engine.evaluate(event(fields)).length > 0, expected)
    })
  }

  test('a selection that a condition asks for twice runs once', () => {
    const engine = engineOf([
      rule(1, { a: { A: 'x' }, b: { B: 'x' }, c: { C: 'x' }, condition: '(a and b) or (a and c)' }),
    ])
    engine.evaluate(event({ A: 'x', B: 'y', C: 'y' }))
    // Four nodes of the condition and one of each selection.
    assert.ok(engine.counters().nodeVisits <= 4 + 3)
  })
})

describe('a detection', () => {
  test('says what matched, and where it came from', () => {
    const detection = { s: { Image: '/bin/nc', ProcessId: 7 }, f: { User: 'root' }, condition: 's and not f' }
    const [found] = engineOf([rule(1, detection)]).evaluate(
      event({ Image: '/bin/NC', ProcessId: 7, User: 'a', X: null }),
    )
    assert.deepEqual(found, {
      ruleId: ruleId(1),
      title: 'Rule 1',
      level: 'high',
      tags: ['attack.t1059'],
      custom: null,
      pack: 'fixture',
      version: '1.2.3',
      category: 'behavioural',
      timeMs: 1_000,
      product: 'linux',
      selections: [
        {
          name: 's',
          matched: [
            { field: 'Image', value: '/bin/NC' },
            { field: 'ProcessId', value: '7' },
          ],
        },
      ],
      fields: [
        { field: 'Image', value: '/bin/NC' },
        { field: 'ProcessId', value: '7' },
        { field: 'User', value: 'a' },
      ],
    })
  })

  test('one event does not leak into the next', () => {
    const engine = engineOf([rule(1, { s: { A: 'x' }, condition: 's' })])
    const found = [{ A: 'x' }, { A: 'y' }, {}].map((fields) => engine.evaluate(event(fields)).length)
    assert.deepEqual(found, [1, 0, 0])
    const { events, detections } = engine.counters()
    assert.deepEqual([events, detections], [3, 1])
  })

  test('a field is read up to its limit, and counted', () => {
    const engine = engineOf([rule(1, { s: { 'A|endswith': 'end' }, condition: 's' })])
    const within = `${'x'.repeat(FIELD_BYTES_MAX - 3)}end`
    assert.equal(engine.evaluate(event({ A: within })).length, 1)
    assert.equal(engine.counters().fieldsTruncated, 0)
    assert.equal(engine.evaluate(event({ A: `${within}more` })).length, 1)
    assert.equal(engine.counters().fieldsTruncated, 1)
  })

  test('what is no event is refused and counted', () => {
    const engine = engineOf([rule(1, { s: { A: '*' }, condition: 's' })])
    for (const bytes of [
      utf8Encode('"A"'),
      utf8Encode('[{"A":1}]'),
      utf8Encode('{"A":'),
      Uint8Array.of(0x7b, 0xff, 0x7d),
    ]) {
      assert.deepEqual(engine.evaluateJson(bytes, 0, bytes.length, null), [])
      assert.notEqual(engine.lastRefusal, 'ok')
    }
    assert.equal(engine.counters().malformed, 4)
  })
})

describe('log sources', () => {
  const any = { s: { A: '*' }, condition: 's' }
  test('an event meets the rules of its category and product', () => {
    const engine = engineOf([
      rule(3, any, { logsource: { category: 'process_creation' } }),
      rule(2, any, { logsource: { category: 'process_creation', product: 'windows' } }),
      rule(1, any),
      rule(4, any, { logsource: { category: 'file_event', product: 'linux' } }),
    ])
    const met = (more: Partial<RecordEvent>): readonly string[] =>
      engine
        .evaluate(event({ A: 'x' }, more))
        .map((one) => one.title)
        .toSorted()
    assert.deepEqual(met({}), ['Rule 1', 'Rule 3'])
    assert.deepEqual(met({ product: 'windows' }), ['Rule 2', 'Rule 3'])
    assert.deepEqual(met({ product: '__proto__' }), ['Rule 3'])
    assert.deepEqual(met({ category: 'file_event' }), ['Rule 4'])
    assert.deepEqual(met({ category: 'constructor' }), [])
  })

  const command = { s: { 'CommandLine|contains': 'nc -e', Image: '/bin/nc' }, condition: 's' }
  test('an EXECVE record has its arguments as one command line', () => {
    const engine = engineOf([rule(1, command)])
    const record = { type: 'EXECVE', exe: '/bin/nc' }
    assert.deepEqual(titles(engine, { ...record, a0: 'nc', a1: '-e' }), ['Rule 1'])
    assert.deepEqual(titles(engine, { ...record, a0: '', a1: 'nc', a2: '-e' }), ['Rule 1'])
    assert.deepEqual(titles(engine, { ...record, a0: 'nc', a2: '-e' }), [])
    assert.deepEqual(titles(engine, { ...record, a0: 'nc', a1: '-e', CommandLine: 'own' }), [])
    assert.deepEqual(titles(engine, { ...record, type: 'SYSCALL', a0: 'nc', a1: '-e' }), [])
    const [found] = engine.evaluateJson(...whole(utf8Encode(JSON.stringify({ ...record, a0: 'NC', a1: '-e' }))), null)
    assert.deepEqual(found?.selections[0]?.matched[1], { field: 'CommandLine', value: 'NC -e' })
  })

  test('a command line is cut where a field would be', () => {
    const engine = engineOf([rule(1, { s: { 'CommandLine|endswith': 'x\u00e4' }, condition: 's' })])
    const a0 = 'x'.repeat(FIELD_BYTES_MAX - 4)
    assert.deepEqual(titles(engine, { type: 'EXECVE', a0, a1: 'x\u00e4\u00e4' }), ['Rule 1'])
    assert.equal(engine.counters().fieldsTruncated, 1)
  })

  test('a channel that nobody knows leaves it to what is declared', () => {
    const engine = engineOf([rule(1, any)])
    const linux = { category: 'process_creation', product: 'linux', service: null }
    assert.deepEqual(titles(engine, { A: 'x', Channel: 'Nobody/Knows' }, linux), ['Rule 1'])
    assert.deepEqual(titles(engine, { A: 'x', Channel: 'Security' }, linux), [], 'known, though without a rule')
    assert.deepEqual(titles(engine, { A: 'x', Channel: 'auditd:execve' }), [], 'no channel')
  })
})

function whole(bytes: Uint8Array): readonly [Uint8Array, number, number] {
  return [bytes, 0, bytes.length]
}

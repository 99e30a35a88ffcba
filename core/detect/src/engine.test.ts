import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENGINE_CONTRACT } from './contract.ts'
import { createEngine, type Engine } from './engine.ts'
import { contractOf, event, image, type Plain, rule, ruleId } from './engine-fixture.ts'
import { FIELD_CHARS_MAX } from './event-view.ts'
import type { HostEvent } from './events.ts'

function engineOf(rules: readonly Plain[], indicators?: string): Engine {
  const loaded = image(rules, indicators === undefined ? {} : { indicators })
  return createEngine(loaded, contractOf(loaded))
}

function fires(selection: Plain, fields: HostEvent['fields']): boolean {
  return engineOf([rule(1, { selection, condition: 'selection' })]).evaluate(event(fields)).length > 0
}

test('fields compare as the decisions say', () => {
  const rows: readonly (readonly [what: string, selection: Plain, fields: HostEvent['fields'], expected: boolean])[] = [
    ['case is ignored', { A: 'ABC' }, { A: 'abc' }, true],
    ['non-ASCII case', { A: 'STRASSE É' }, { A: 'strasse é' }, true],
    ['a field name keeps its case', { a: 'x' }, { A: 'x' }, false],
    ['null: absent', { A: null }, {}, true],
    ['null: null', { A: null }, { A: null }, true],
    ['null: empty is present', { A: null }, { A: '' }, false],
    ['empty: empty', { A: '' }, { A: '' }, true],
    ['empty: absent', { A: '' }, {}, false],
    ['star: empty is present', { A: '*' }, { A: '' }, true],
    ['star: absent', { A: '*' }, {}, false],
    ['star: null', { A: '*' }, { A: null }, false],
    ['blank and hyphen are text', { A: ['-', ' '] }, { A: '' }, false],
    ['number on number', { A: 7 }, { A: 7 }, true],
    ['number on text', { A: 7 }, { A: '7' }, true],
    ['number: no trimming', { A: 7 }, { A: ' 7' }, false],
    ['number: no hex', { A: 23 }, { A: '0x17' }, false],
    ['number: no zeros', { A: 7 }, { A: '07' }, false],
    ['text on number', { A: '7*' }, { A: 72 }, true],
    ['boolean on text', { A: true }, { A: 'true' }, true],
    ['list is or', { A: ['x', 'y'] }, { A: 'y' }, true],
    ['map is and', { A: 'x', B: 'y' }, { A: 'x' }, false],
    ['list of maps is or', [{ A: 'x' }, { B: 'y' }], { B: 'y' }, true],
    ['all: every value', { 'A|contains|all': ['x', 'y'] }, { A: 'y and x' }, true],
    ['all: one is missing', { 'A|contains|all': ['x', 'y'] }, { A: 'x' }, false],
    ['startswith', { 'A|startswith': '/etc/' }, { A: '/etc/passwd' }, true],
    ['endswith', { 'A|endswith': '/nc' }, { A: '/bin/nc' }, true],
    ['endswith is anchored', { 'A|endswith': '/nc' }, { A: '/bin/nc2' }, false],
    ['contains an empty text: present', { 'A|contains': '' }, { A: 'x' }, true],
    ['contains with a wildcard inside', { 'A|contains': 'a*c' }, { A: '__abc__' }, true],
    ['star crosses lines', { A: 'a*c' }, { A: 'a\n\nc' }, true],
    ['question mark is one code point', { A: 'a?c' }, { A: 'a😀c' }, true],
    ['escaped star is a star', { A: 'a\\*c' }, { A: 'abc' }, false],
    ['regex is not anchored', { 'A|re': 'b+' }, { A: 'abbc' }, true],
    ['regex minds case', { 'A|re': 'B' }, { A: 'abc' }, false],
    ['regex with i', { 'A|re|i': 'B' }, { A: 'abc' }, true],
    ['regex on a number', { 'A|re': '^7$' }, { A: 7 }, true],
    ['regex on absent', { 'A|re': '.*' }, {}, false],
    ['spaces in a field name go', { 'Threat Name': 'x' }, { ThreatName: 'x' }, true],
  ]
  for (const [what, selection, fields, expected] of rows) assert.equal(fires(selection, fields), expected, what)
})

test('conditions combine as Sigma says', () => {
  const names = { a: { A: 1 }, b: { B: 1 }, sel_c: { C: 1 }, sel_d: { D: 1 }, _h: { H: 1 } }
  const rows: readonly (readonly [condition: Plain, fields: HostEvent['fields'], expected: boolean])[] = [
    ['a and b', { A: 1 }, false],
    ['a or b and sel_c', { A: 1 }, true],
    ['(a or b) and sel_c', { A: 1 }, false],
    ['not a', {}, true],
    ['a and not b', { A: 1, B: 1 }, false],
    ['not (a or b)', { B: 1 }, false],
    ['1 of sel_*', { D: 1 }, true],
    ['all of sel_*', { D: 1 }, false],
    ['not 1 of sel_*', {}, true],
    ['not all of sel_*', { C: 1 }, true],
    ['1 of them', { H: 1 }, false],
    ['all of them', { A: 1, B: 1, C: 1, D: 1 }, true],
    [['a', 'b'], { B: 1 }, true],
  ]
  for (const [condition, fields, expected] of rows) {
    const found = engineOf([rule(1, { ...names, condition })]).evaluate(event(fields))
    assert.equal(found.length > 0, expected, JSON.stringify(condition))
  }
})

test('a detection says what matched, and where it came from', () => {
  const detection = { s: { Image: '/bin/nc', ProcessId: 7 }, f: { User: 'root' }, condition: 's and not f' }
  const found = engineOf([rule(1, detection)]).evaluate(event({ Image: '/bin/NC', ProcessId: 7, User: 'a', X: null }))
  assert.deepEqual(found, [
    {
      ruleId: ruleId(1),
      title: 'Rule 1',
      level: 'high',
      tags: ['attack.t1059'],
      pack: 'fixture',
      version: '1.2.3',
      category: 'behavioural',
      timeMs: 1_000,
      fields: [
        { field: 'Image', value: '/bin/NC' },
        { field: 'ProcessId', value: '7' },
        { field: 'User', value: 'a' },
      ],
      matched: ['Image', 'ProcessId'],
    },
  ])
})

test('an event meets the rules of its category and product, in the order of their ids', () => {
  const detection = { s: { A: '*' }, condition: 's' }
  const rules = [
    rule(3, detection, { logsource: { category: 'process_creation' } }),
    rule(2, detection, { logsource: { category: 'process_creation', product: 'windows' } }),
    rule(1, detection),
    rule(4, detection, { logsource: { category: 'file_event', product: 'linux' } }),
  ]
  const engine = engineOf(rules)
  const met = (more: Partial<HostEvent>): readonly string[] =>
    engine.evaluate(event({ A: 'x' }, more)).map((one) => one.title)
  assert.deepEqual(met({}), ['Rule 1', 'Rule 3'])
  assert.deepEqual(met({ product: 'windows' }), ['Rule 2', 'Rule 3'])
  assert.deepEqual(met({ product: 'plan9' }), ['Rule 3'])
  assert.deepEqual(met({ product: '__proto__' }), ['Rule 3'])
  assert.deepEqual(met({ category: 'file_event' }), ['Rule 4'])
  assert.deepEqual(met({ category: 'constructor' }), [])
})

test('one event does not leak into the next, even when it is the same object', () => {
  const engine = engineOf([rule(1, { s: { A: 'x' }, condition: 's' })])
  const fields: Record<string, string> = { A: 'x' }
  const same = event(fields)
  assert.equal(engine.evaluate(same).length, 1)
  fields['A'] = 'y'
  assert.equal(engine.evaluate(same).length, 0)
  assert.equal(engine.evaluate(event({})).length, 0)
  assert.deepEqual(engine.counters(), { events: 3, detections: 1, fieldsTruncated: 0 })
})

test('a field is read up to its limit, cut between characters, and counted', () => {
  const engine = engineOf([rule(1, { s: { 'A|endswith': 'end' }, condition: 's' })])
  const within = `${'x'.repeat(FIELD_CHARS_MAX - 3)}end`
  assert.equal(engine.evaluate(event({ A: within })).length, 1)
  assert.equal(engine.counters().fieldsTruncated, 0)
  const [cut] = engine.evaluate(event({ A: `${within}and more`, B: `${'x'.repeat(FIELD_CHARS_MAX - 1)}😀` }))
  assert.equal(cut?.fields[0]?.value, within)
  assert.equal(cut?.fields[1]?.value.length, FIELD_CHARS_MAX - 1)
  assert.equal(engine.counters().fieldsTruncated, 1)
})

test('indicators are compared with the fields of their type', () => {
  const list = [
    'type,value,description',
    'ip,203.0.113.9,C2 server',
    'domain,evil.example,',
    'filename,/tmp/.x11,',
    'filename,kworkerds,miner',
  ].join('\n')
  const loaded = image([], { indicators: list })
  const engine = createEngine(loaded, ENGINE_CONTRACT)
  const network = { category: 'network_connection' }
  const rows: readonly (readonly [fields: HostEvent['fields'], more: Partial<HostEvent>, titles: readonly string[]])[] =
    [
      [{ DestinationIp: '203.0.113.9' }, network, ['Indicator 203.0.113.9: C2 server']],
      [{ DestinationIp: '203.0.113.90' }, network, []],
      [{ SourceIp: '203.0.113.9' }, network, []],
      [{ DestinationIp: '203.0.113.9' }, {}, []],
      [{ DestinationHostname: 'EVIL.example.' }, network, ['Indicator evil.example']],
      [{ DestinationHostname: 'not-evil.example' }, network, []],
      [{ Image: '/tmp/.X11' }, {}, ['Indicator /tmp/.x11']],
      [{ Image: '/var/tmp/.x11' }, {}, []],
      [{ Image: '/opt/kworkerds' }, {}, ['Indicator kworkerds: miner']],
      [{ Image: '/opt/kworkerds/sh' }, {}, []],
      [{ TargetFilename: 'kworkerds' }, { category: 'file_event' }, ['Indicator kworkerds: miner']],
    ]
  for (const [fields, more, titles] of rows) {
    const found = engine.evaluate(event(fields, more))
    assert.deepEqual(
      found.map((one) => one.title),
      titles,
      JSON.stringify(fields),
    )
    for (const one of found) assert.match(one.ruleId, /^indicator\/(?:ip|domain|filename)$/)
  }
})

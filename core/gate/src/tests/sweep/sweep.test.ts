import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParsedPack, parsePack, verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'
import { type ExecutionCase, executionCases } from '../../execution/execution.ts'
import { type PlainMap, rule, ruleId, ruleTest, sourceOf } from '../../gate-fixture.ts'
import { routedFields } from './routed.ts'
import { MORE_VALUES_MAX, type Sweep, sweepOf } from './sweep.ts'

function packOf(...rules: readonly PlainMap[]): ParsedPack {
  const pack = parsePack(sourceOf(rules, []))
  assert.deepEqual(pack.diagnostics, [])
  return pack
}

function detecting(n: number, detection: PlainMap, logsource?: PlainMap): PlainMap {
  return { ...rule(n, {}, logsource), detection }
}

/** Whether an engine answers a case as it must. */
type Answers = (one: ExecutionCase) => boolean

function engineOf({ image }: Sweep): Answers {
  const engine = createEngine(verifyImage(image), OPEN_CONTRACT)
  return ({ event, ruleId: id, expect }) =>
    engine.evaluate(event, 'every-match').some((one) => one.ruleId === id) === (expect === 'match')
}

const EVERY_KIND = detecting(1, {
  texts: { 'A|contains': 'a', 'B|startswith': 'b', 'C|endswith': 'c', D: 'd', E: 'e*f?g', 'F|cased': 'F' },
  others: [{ 'G|re': 'g+' }, { 'H|cidr': '10.0.0.0/8' }, { 'I|gt': 1 }, { 'J|fieldref': 'A' }, { 'K|hour': 3 }],
  filter: { L: null, 'M|exists': true },
  words: ['evil'],
  condition: '(texts or 1 of others) and not filter and not words',
})

test('each field is probed in each way that a rule reads it, wherever in the rule that is', () => {
  const sweep = sweepOf(packOf(EVERY_KIND))
  assert.deepEqual(
    sweep.probes.map(({ field, kind }) => `${field ?? '(any)'} ${kind}`).toSorted(),
    `(any) contains, A contains, B starts-with, C ends-with, D equals, E glob, F equals cased, G regex, H cidr, I gt,
     J field-equals, K hour, L is-null, M exists`.split(/,\s+/),
  )
  assert.deepEqual(sweep.findings, [])
  assert.deepEqual(
    sweep.cases.filter((one) => !engineOf(sweep)(one)),
    [],
  )
})

test('the probes need no field and no feature that the candidate does not need', () => {
  const { probes } = sweepOf(packOf(EVERY_KIND))
  const image = verifyImage(sweepOf(packOf(EVERY_KIND)).image)
  assert.deepEqual(new Set(image.needs.flatMap(({ fields }) => fields)), new Set('ABCDEFGHIJKLM'.split('')))
  assert.equal(image.ruleCount, probes.length)
})

test('every probe has an event to match and one to ignore, so an engine that always says one thing is found out', () => {
  const { cases, probes } = sweepOf(packOf(EVERY_KIND))
  for (const { id } of probes) {
    assert.deepEqual(
      cases.filter((one) => one.ruleId === id).map(({ expect }) => expect),
      ['match', 'ignore'],
    )
  }
})

test('rules of one log source share probes; those of two do not', () => {
  const linux = { category: 'file_event', product: 'linux' }
  const rules = [
    rule(1, { 'A|contains': 'x' }),
    rule(2, { 'A|contains': ['y', 'x'] }),
    rule(3, { 'A|contains': 'x' }, linux),
  ]
  const { probes } = sweepOf(packOf(...rules))
  assert.deepEqual(
    probes.map(({ logsource, ruleIds }) => [logsource.category, ruleIds]),
    [
      ['process_creation', [ruleId(1), ruleId(2)]],
      ['file_event', [ruleId(3)]],
      ['process_creation', [ruleId(2)]],
    ],
  )
})

test('what has no witness and what is too much is said, not passed over', () => {
  const values = Array.from({ length: MORE_VALUES_MAX + 10 }, (_, i) => `value ${i}`)
  const { probes, findings } = sweepOf(packOf(rule(1, { 'A|re': ['a^b', 'x$y', 'fine'], B: values, C: 'c' })))
  assert.equal(probes.length, 3 + MORE_VALUES_MAX)
  assert.ok(probes.some(({ field }) => field === 'C'))
  assert.deepEqual(
    findings.map(({ code, severity, message }) => [code, severity, message.replace(/ of rule .*: /, ' of R: ')]),
    [
      [
        'gate/no-witness',
        'warning',
        'Not probed: A regex, category: process_creation, product: linux, for 2 values of R: no event is known for which it holds.',
      ],
      [
        'gate/sweep-shortened',
        'note',
        `9 values were not probed: more than ${MORE_VALUES_MAX} beside the first of each field and kind.`,
      ],
    ],
  )
})

test('beyond the limit, programs are probed before patterns, and patterns before plain texts', () => {
  const texts = Array.from({ length: MORE_VALUES_MAX - 2 }, (_, i) => `value ${i}`)
  const { probes, findings } = sweepOf(
    packOf(rule(1, { A: [...texts, 'g*l*b', 'g?l?b', 'one', 'two'], 'B|re': ['x', 'y', 'z'], 'C|gt': 1 })),
  )
  const more = sweepOf(
    packOf(rule(1, { A: ['a', 'b', 'g*l'], 'B|cidr': ['10.0.0.0/8', '11.0.0.0/8'], 'C|re': ['x', 'y'] })),
  ).probes
  assert.deepEqual(
    more.map(({ kind }) => kind),
    ['equals', 'glob', 'cidr', 'regex', 'regex', 'cidr', 'equals'],
  )
  const count = (kind: string): number => probes.filter((one) => one.kind === kind).length
  assert.deepEqual([count('regex'), count('glob'), count('equals'), count('gt')], [3, 2, 1 + MORE_VALUES_MAX - 3, 1])
  assert.match(findings[0]?.message ?? '', /^2 values were not probed: /)
})

test('a value that several rules ask for is probed for all of them, and another field to compare with is another way', () => {
  const { probes } = sweepOf(
    packOf(
      rule(1, { 'A|contains': 'x', 'F|fieldref': 'G' }),
      rule(2, { 'A|contains': 'x', 'F|fieldref': 'H' }),
      detecting(3, { a: { 'A|contains': 'x' }, b: { 'A|contains': 'x', B: 'b' }, condition: 'a or b' }),
    ),
  )
  assert.deepEqual(
    probes.map(({ field, kind, ruleIds }) => [field, kind, ruleIds]),
    [
      ['A', 'contains', [ruleId(1), ruleId(2), ruleId(3)]],
      ['F', 'field-equals', [ruleId(1)]],
      ['F', 'field-equals', [ruleId(2)]],
      ['B', 'equals', [ruleId(3)]],
    ],
  )
})

test('what is not probed names the first rules, and how many values there are', () => {
  const rules = Array.from({ length: 6 }, (_, i) => rule(i + 1, { 'A|re': 'a^b' }))
  const [found] = sweepOf(packOf(...rules)).findings
  const ids = [1, 2, 3, 4, 5].map(ruleId).join(', ')
  assert.match(found?.message ?? '', new RegExp(`, for one value of rule ${ids}: no event`))
})

test('an event that names a channel gets the number and the value that put it into the log source', () => {
  const sysmon = 'Microsoft-Windows-Sysmon/Operational'
  const source = (category: string) => ({ category, product: 'windows', service: null })
  assert.deepEqual(
    { ...routedFields({ Channel: sysmon }, source('process_creation')) },
    { EventID: 1, Channel: sysmon },
  )
  assert.deepEqual(
    { ...routedFields({ Channel: sysmon }, source('registry_add')) },
    {
      EventID: 12,
      EventType: 'createkey',
      Channel: sysmon,
    },
  )
  const system = { category: null, product: 'windows', service: 'system' }
  assert.deepEqual({ ...routedFields({ Channel: 'System' }, system) }, { Channel: 'System' })
  assert.deepEqual(routedFields({ Channel: 'Other' }, system), { Channel: 'Other' })
  assert.deepEqual(routedFields({ Channel: 7 }, system), { Channel: 7 })
  assert.equal(routedFields({ Channel: 'Security' }, system), null)
})

test('an event that names a channel is made one of the log source, or there is no witness', () => {
  const windows = { product: 'windows', service: 'system' }
  const sysmon = { product: 'windows', category: 'process_creation' }
  const reachable = sweepOf(
    packOf(rule(1, { Channel: 'System' }, windows), rule(2, { 'Channel|contains': 'sysmon/operational' }, sysmon)),
  )
  assert.deepEqual(reachable.findings, [])
  assert.deepEqual(
    reachable.cases.filter((one) => !engineOf(reachable)(one)),
    [],
  )
  const other = sweepOf(packOf(rule(1, { Channel: 'Security' }, windows)))
  assert.deepEqual(
    other.findings.map(({ code }) => code),
    ['gate/no-witness'],
  )
})

const FIELDS = Array.from({ length: 21 }, (_, i) => `F${i + 1}`)

/** As the interpreter of July 2024 did: fields by their number, the first mismatch ends it, and nobody looks at the end. */
function july2024(pack: Pick<ParsedPack, 'rules'>, suppliedFields: number): Answers {
  return ({ event, ruleId: id, expect }) => {
    const supplied = FIELDS.slice(0, suppliedFields).map((name) => event.fields[name] ?? null)
    const found = pack.rules.find((one) => one.id === id)
    assert.ok(found)
    const matches = found.selections.every(({ test: tree }) => {
      const all = tree.kind === 'all' ? tree.children : [tree]
      return all.every((one) => {
        assert.ok(one.kind === 'test' && one.match.kind === 'text')
        const value = supplied[FIELDS.indexOf(one.field ?? '')]
        // An index behind the last: in C++ a read of memory that is nobody's.
        if (value === undefined) throw new RangeError(`field ${one.field} of ${suppliedFields}`)
        return one.match.patterns.some(({ text }) => text === value)
      })
    })
    return matches === (expect === 'match')
  }
}

test('July 2024: a 21st field that no test of the pack reads is read by the sweep', () => {
  const selection = Object.fromEntries(FIELDS.map((name) => [name, 'v']))
  // None of its events gets past the first fields, so nobody sees that the last one is not there.
  const tests = [ruleTest(1, [], [{ F1: 'x', F21: 'v' }, { F1: 'y' }])]
  const pack = parsePack(sourceOf([rule(1, selection)], tests))
  const own = executionCases(pack)
  assert.deepEqual(own.map(july2024(pack, 20)), [true, true])
  const sweep = sweepOf(pack)
  const probes = sweep.probes.map(({ id, field }) =>
    packOf(rule(1, { [field ?? '']: 'v' })).rules.map((one) => ({ ...one, id })),
  )
  const interpreter = july2024({ rules: probes.flat() }, 20)
  const trapped = sweep.cases.filter((one) => {
    try {
      return !interpreter(one)
    } catch (error) {
      return error instanceof RangeError
    }
  })
  assert.deepEqual(new Set(trapped.map(({ name }) => /F\d+/.exec(name)?.[0])), new Set(['F21']))
  assert.equal(sweep.cases.every(july2024({ rules: probes.flat() }, 21)), true)
})

/** One planted fault in a comparison of texts each, and the kind of probe that has to show it. */
const faults: readonly (readonly [kind: string, wrong: (value: string, text: string) => boolean])[] = [
  ['equals', (value, text) => value.startsWith(text.slice(0, -1))],
  ['contains', (value, text) => value.startsWith(text)],
  ['starts-with', (value, text) => value === text],
  ['ends-with', (value, text) => value.length >= text.length],
]

for (const [kind, wrong] of faults) {
  test(`a planted fault in ${kind} is shown by its probe`, () => {
    const pack = packOf(rule(1, { A: 'abc', 'B|contains': 'abc', 'C|startswith': 'abc', 'D|endswith': 'abc' }))
    const sweep = sweepOf(pack)
    const right = engineOf(sweep)
    const failing = sweep.cases.filter((one) => {
      const probe = sweep.probes.find(({ id }) => id === one.ruleId)
      if (probe?.kind !== kind) return !right(one)
      return wrong(String(one.event.fields[probe.field ?? '']), 'abc') !== (one.expect === 'match')
    })
    assert.equal(failing.length, 1)
    assert.match(failing[0]?.name ?? '', new RegExp(`Sweep of [A-D] ${kind},`))
  })
}

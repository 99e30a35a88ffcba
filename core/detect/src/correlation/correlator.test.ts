import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WINDOW_ENTRIES_MAX } from '@firebreak/content'
import { run, type TestEvent, TestImage } from './correlation-fixture.ts'
import { Correlator, REFERENCES_PER_HIT_MAX } from './index.ts'
import { COLUMN_CHARS_MAX } from './limits.ts'

type Documents = ConstructorParameters<typeof TestImage>[1]
type Body = Readonly<Record<string, Parameters<typeof Array.of<Documents[number]>>[0]>>

const RULES = ['r0', 'r1', 'r2']

/** Correlations named c0, c1, ... that all report. */
function image(...bodies: readonly Body[]): TestImage {
  const documents = bodies.map((body, i) => {
    const good = { type: 'event_count', rules: ['r0'], 'group-by': ['User'], timespan: '10s', condition: { gte: 2 } }
    return { title: `c${i}`, generate: true, correlation: { ...good, ...body } }
  })
  return new TestImage(RULES, documents)
}

/** `r0@1.5 bob` is an event of rule r0 at 1,500 ms by User bob; `r0@1` is one without a user; `N=` gives a number. */
function events(text: string): readonly TestEvent[] {
  return text.split(', ').map((one) => {
    const [place = '', ...rest] = one.split(' ')
    const [rule = '', seconds] = place.split('@')
    const fields = rest.map((part): [string, string] => {
      const [name = '', value] = part.split('=')
      return value === undefined ? ['User', name] : [name, value]
    })
    return { rule, timeMs: Math.round(1_000 * Number(seconds)), fields: Object.fromEntries(fields) }
  })
}

/** What is fired, as `correlation@seconds group value`. */
function fired(given: TestImage, text: string, latenessMs = 0): string {
  const { hits } = run(given, events(text), { latenessMs })
  return hits
    .map(({ correlation, timeMs, group, value }) => `${correlation}@${timeMs / 1_000} ${group.join('+')} ${value}`)
    .join(', ')
}

const temporal: Body = { type: 'temporal', rules: ['r0', 'r1'], condition: { gte: 2 } }
const ordered: Body = { ...temporal, type: 'temporal_ordered' }
const alias: Body = { aliases: { who: { r0: 'User', r1: 'Account' } }, 'group-by': ['who'] }

/** Name, correlations, events, what fires. */
const rows: readonly (readonly [name: string, bodies: readonly Body[], events: string, fires: string])[] = [
  ['both ends of the window are included', [{}], 'r0@1 bob, r0@11 bob', 'c0@11 bob 2'],
  ['a millisecond more is too long', [{}], 'r0@1 bob, r0@11.001 bob', ''],
  ['the window slides: it has no boundaries of its own', [{}], 'r0@9 bob, r0@12 bob', 'c0@12 bob 2'],
  ['fires once while the condition stays true', [{}], 'r0@1 bob, r0@2 bob, r0@3 bob, r0@4 bob', 'c0@2 bob 2'],
  ['fires again once it was false', [{}], 'r0@1 bob, r0@2 bob, r0@20 bob, r0@21 bob', 'c0@2 bob 2, c0@21 bob 2'],
  ['also where no event saw it false', [{ condition: { gte: 1 } }], 'r0@1 bob, r0@20 bob', 'c0@1 bob 1, c0@20 bob 1'],
  ['but not where it was true throughout', [{ condition: { gte: 1 } }], 'r0@1 bob, r0@11 bob', 'c0@1 bob 1'],
  [
    'a condition that becomes true as events leave fires at the next event',
    [{ condition: { gte: 2, lte: 2 } }],
    'r0@1 bob, r0@1 bob, r0@5 bob, r0@12 bob',
    'c0@1 bob 2, c0@12 bob 2',
  ],
  ['equal times are taken in the order of arrival', [ordered], 'r1@1 bob, r0@1 bob, r0@2 bob, r1@2 bob', 'c0@2 bob 2'],
  ['an event at one time is seen before the next', [{ condition: { eq: 1 } }], 'r0@1 bob, r0@1 bob', 'c0@1 bob 1'],
  ['groups are apart', [{}], 'r0@1 bob, r0@2 eve, r0@3 bob', 'c0@3 bob 2'],
  ['groups differ by case', [{}], 'r0@1 bob, r0@2 Bob', ''],
  ['an event without group field takes no part', [{}], 'r0@1, r0@2, r0@3 bob, r0@4 bob', 'c0@4 bob 2'],
  ['an empty value is a value', [{}], 'r0@1 User=, r0@2 User=', 'c0@2  2'],
  ['without group-by all are one group', [{ 'group-by': null }], 'r0@1 bob, r0@2', 'c0@2  2'],
  ['several rules count together', [{ rules: ['r0', 'r1'] }], 'r0@1 bob, r1@2 bob, r2@3 bob', 'c0@2 bob 2'],
  ['a fraction as threshold', [{ condition: { gt: 1.5 } }], 'r0@1 bob, r0@2 bob', 'c0@2 bob 2'],
  [
    'a range ends',
    [{ condition: { gt: 1, lt: 3 } }],
    'r0@1 bob, r0@2 bob, r0@3 bob, r0@11.5 bob, r0@12.5 bob',
    'c0@2 bob 2',
  ],
  [
    'temporal needs all rules by default',
    [{ type: 'temporal', rules: ['r0', 'r1'], condition: { gte: 2 } }],
    'r1@1 bob, r1@2 bob, r0@3 bob',
    'c0@3 bob 2',
  ],
  ['one event that matches two rules counts for both', [temporal], 'r0@1 bob, r1@1 bob', 'c0@1 bob 2'],
  ['temporal counts rules, not events', [temporal], 'r0@1 bob, r0@2 bob', ''],
  ['temporal_ordered needs the order', [ordered], 'r1@1 bob, r0@2 bob', ''],
  ['temporal_ordered allows others between', [ordered], 'r0@1 bob, r0@2 bob, r1@3 bob', 'c0@3 bob 2'],
  ['temporal_ordered takes the latest start', [ordered], 'r0@1 bob, r0@11 bob, r1@12 bob', 'c0@12 bob 2'],
  [
    'fewer rules in order, with one left out',
    [{ ...ordered, rules: ['r0', 'r1', 'r2'] }],
    'r0@1 bob, r2@2 bob, r1@3 bob',
    'c0@2 bob 2',
  ],
  ['an alias names a field of each rule', [{ ...temporal, ...alias }], 'r0@1 bob, r1@2 Account=bob', 'c0@2 bob 2'],
  [
    'a rule that the alias leaves out has it as a field',
    [{ ...temporal, rules: ['r0', 'r2'], aliases: { who: { r0: 'User' } }, 'group-by': ['who'] }],
    'r0@1 bob, r2@2 who=bob',
    'c0@2 bob 2',
  ],
  [
    'values are distinct tuples',
    [{ type: 'value_count', condition: { gte: 3, field: ['A', 'B'] } }],
    'r0@1 bob A=1 B=11, r0@2 bob A=11 B=1, r0@3 bob A=1 B=11, r0@4 bob A=2, r0@5 bob A=1 B=1',
    'c0@5 bob 3',
  ],
  [
    'a value is known by the last time it was seen',
    [{ type: 'value_count', condition: { gte: 2, field: 'A' } }],
    'r0@1 bob A=1, r0@9 bob A=1, r0@15 bob A=2',
    'c0@15 bob 2',
  ],
  [
    'a sum has no rounding that adds up',
    [{ type: 'value_sum', condition: { eq: 0.25, field: 'N' } }],
    'r0@1 bob N=1e300, r0@2 bob N=0.25, r0@3 bob N=-1e300',
    'c0@3 bob 0.25',
  ],
  [
    'an average of what is a number',
    [{ type: 'value_avg', condition: { gt: 2, field: 'N' } }],
    'r0@1 bob N=1, r0@2 bob N=0x9, r0@3 bob N=, r0@4 bob, r0@5 bob N=4',
    'c0@5 bob 2.5',
  ],
  [
    'an average falls silent with its last number',
    [{ type: 'value_avg', condition: { gt: 2, field: 'N' } }],
    'r0@1 bob N=3, r0@30 bob N=3',
    'c0@1 bob 3, c0@30 bob 3',
  ],
  [
    'a percentile lies between two numbers',
    [{ type: 'value_percentile', condition: { gte: 2.5, field: 'N', percentile: 50 } }],
    'r0@1 bob N=1, r0@2 bob N=2, r0@3 bob N=3, r0@4 bob N=10',
    'c0@4 bob 2.5',
  ],
  [
    'a chained correlation groups by its own field',
    [{ 'group-by': ['Host'] }, { ...ordered, rules: ['c0', 'r1'] }],
    'r0@1 Host=h bob, r0@2 Host=h eve, r1@3 bob, r1@4 eve',
    'c0@2 h 2, c1@4 eve 2',
  ],
  [
    'a chained correlation knows the aliases of the inner one',
    [
      { ...temporal, ...alias },
      { rules: ['c0'], 'group-by': ['who'], condition: { gte: 1 } },
    ],
    'r0@1 bob, r1@2 Account=bob',
    'c0@2 bob 2, c1@2 bob 1',
  ],
  [
    'an event comes before what it makes true',
    [{ condition: { gte: 1 } }, { ...ordered, rules: ['r0', 'c0'] }],
    'r0@1 bob',
    'c0@1 bob 1, c1@1 bob 2',
  ],
]

for (const [name, bodies, given, expected] of rows) {
  test(name, () => assert.equal(fired(image(...bodies), given), expected))
}

test('the failed logins of the specification', () => {
  const documents: Documents = [
    {
      title: 'then success',
      correlation: { type: 'temporal_ordered', rules: ['many', 'r1'], 'group-by': ['User'], timespan: '10m' },
    },
    {
      title: 'many',
      correlation: {
        type: 'event_count',
        rules: ['r0'],
        'group-by': ['User'],
        timespan: '10m',
        condition: { gte: 10 },
      },
    },
  ]
  const given = new TestImage(RULES, documents)
  const failures = (count: number): string => Array.from({ length: count }, (_, i) => `r0@${i} bob`).join(', ')
  assert.equal(fired(given, `${failures(9)}, r1@60 bob`), '')
  assert.equal(fired(given, `${failures(10)}, r1@60 eve, r1@61 bob`), 'then success@61 bob 2')
  assert.equal(fired(given, `${failures(10)}, r1@609 bob`), 'then success@609 bob 2')
  assert.equal(fired(given, `${failures(10)}, r1@609.001 bob`), '')
})

test('late events are put in their place within the bound, and dropped beyond it', () => {
  const given = image(ordered)
  // Two seconds late, and so before the other: in order.
  assert.equal(fired(given, 'r1@5 bob, r0@3 bob', 2_000), 'c0@5 bob 2')
  assert.equal(fired(given, 'r1@5 bob, r0@2.999 bob', 2_000), '')
  const { correlator } = run(given, events('r1@5 bob, r0@2.999 bob, r0@1 bob, r0@3 bob'), { latenessMs: 2_000 })
  assert.equal(correlator.counters().late, 2)
})

test('a late event fires what would have fired in order, and nothing is taken back', () => {
  const inOrder = 'r0@1 bob, r0@2 bob, r0@2.5 bob'
  const late = 'r0@1 bob, r0@2.5 bob, r0@2 bob'
  assert.equal(fired(image({}), late, 1_000), fired(image({}), inOrder, 1_000))
  assert.equal(fired(image({}), late, 1_000), 'c0@2 bob 2')
})

test('hits wait until nothing earlier can come, or the clock says so, or the end', () => {
  const given = image({})
  const correlator = new Correlator(given.records, { latenessMs: 1_000, aheadMsMax: 5_000 })
  const observe = (timeMs: number): number => correlator.observe(0, timeMs, given.valuesOf({ User: 'bob' })).length
  assert.equal(observe(1_000), 0)
  assert.equal(observe(2_000), 0)
  assert.equal(correlator.advance(2_999).length, 0)
  assert.equal(correlator.advance(3_000).length, 1)
  assert.equal(observe(1_999), 0)
  assert.equal(observe(8_001), 0)
  const { late, outOfTime, waiting, hits, observed } = correlator.counters()
  assert.deepEqual(
    { late, outOfTime, waiting, hits, observed },
    { late: 1, outOfTime: 1, waiting: 0, hits: 1, observed: 4 },
  )
  assert.equal(observe(20), 0)
  assert.deepEqual(correlator.flush(), [])
})

test('times that are none are dropped and counted', () => {
  const given = image({ condition: { gte: 1 } })
  const correlator = new Correlator(given.records, { latenessMs: 0 })
  for (const timeMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.deepEqual(correlator.observe(0, timeMs, given.valuesOf({ User: 'bob' })), [])
  }
  assert.deepEqual(correlator.advance(Number.NaN), [])
  assert.equal(correlator.counters().outOfTime, 3)
  assert.equal(correlator.observe(0, 1, given.valuesOf({ User: 'bob' })).length, 1)
})

test('a hit names the newest events behind it', () => {
  const count = REFERENCES_PER_HIT_MAX + 5
  const given = image({ condition: { gte: count } })
  const correlator = new Correlator(given.records, { latenessMs: 0 })
  const hits = Array.from({ length: count }, (_, i) =>
    correlator.observe(0, i, given.valuesOf({ User: 'bob' }), 100 + i),
  ).flat()
  const [hit] = hits
  assert.ok(hit)
  assert.deepEqual(hit, {
    correlation: 0,
    timeMs: count - 1,
    windowStartMs: count - 1 - 10_000,
    group: ['bob'],
    value: count,
    reference: 100 + count - 1,
    references: Array.from({ length: REFERENCES_PER_HIT_MAX }, (_, i) => 105 + i),
    referencesOmitted: 5,
  })
})

test('rules and correlations that are referred to report only when a correlation says generate', () => {
  const correlation = { type: 'event_count', rules: ['r0'], timespan: '1s', condition: { gte: 1 } }
  const over = (rules: readonly string[]): Body => ({ ...correlation, rules })
  const given = new TestImage(RULES, [
    { title: 'c0', correlation },
    { title: 'c1', correlation: over(['c0', 'r1']) },
    { title: 'c2', generate: true, correlation: over(['r1']) },
  ])
  const correlator = new Correlator(given.records)
  assert.deepEqual(
    RULES.map((_, rule) => correlator.suppresses(rule)),
    [true, false, false],
  )
  assert.equal(fired(given, 'r0@1'), 'c1@1  1')
})

test('counts what took no part', () => {
  const given = image({ type: 'value_sum', condition: { gt: 1, field: 'N' } })
  const text = `r0@1 N=5, r0@1 bob, r0@1 bob N=x, r0@1 ${'b'.repeat(COLUMN_CHARS_MAX + 1)} N=1, r2@1 bob N=1`
  const { hits, correlator } = run(given, events(text))
  assert.deepEqual(hits, [])
  const { groupFieldMissing, valueFieldMissing, notNumbers, valuesCut, observed } = correlator.counters()
  assert.deepEqual([groupFieldMissing, valueFieldMissing, notNumbers, valuesCut, observed], [1, 1, 1, 1, 4])
})

test('values that differ only behind the limit are one', () => {
  const long = 'b'.repeat(COLUMN_CHARS_MAX)
  const { hits } = run(image({}), events(`r0@1 ${long}1, r0@2 ${long}2`))
  assert.deepEqual(
    hits.map(({ group }) => group),
    [[long]],
  )
})

test('a group given up is the one used least recently, and starts anew', () => {
  const text = 'r0@1 a, r0@2 b, r0@3 a, r0@4 c, r0@5 a, r0@6 b, r0@7 b'
  const { hits, correlator } = run(image({ condition: { gte: 2 } }), events(text), { groupsPerCorrelationMax: 2 })
  // b is given up for c, and c for b: of b only what came afterwards counts. a fired at 3 and stays.
  assert.deepEqual(
    hits.map(({ timeMs, group }) => [timeMs / 1_000, ...group]),
    [
      [3, 'a'],
      [7, 'b'],
    ],
  )
  assert.deepEqual([correlator.counters().groups, correlator.counters().groupsEvicted], [2, 2])
})

test('all groups together stay within their bytes', () => {
  const given = image({ condition: { gte: 9 } }, { type: 'value_count', condition: { gte: 9, field: 'A' } })
  const stateBytesMax = 20_000
  const correlator = new Correlator(given.records, { latenessMs: 0, stateBytesMax })
  for (let i = 0; i < 2_000; i++) {
    const fields = { User: `user${i % 97}`, A: 'x'.repeat(i % 1_000) + i }
    correlator.observe(0, i, given.valuesOf(fields))
    assert.ok(correlator.counters().stateBytes <= stateBytesMax)
  }
  assert.ok(correlator.counters().groupsEvicted > 100)
})

test('what waits stays within its bytes: the earliest is judged early', () => {
  const given = image({ condition: { gte: 1 } })
  const correlator = new Correlator(given.records, { latenessMs: 1e9, waitingBytesMax: 2_000 })
  const hits: number[] = []
  for (const timeMs of [9, 8, 7, 6, 5, 4, 3, 2, 10, 11, 12, 1]) {
    const user = given.valuesOf({ User: `user${timeMs}` })
    hits.push(...correlator.observe(0, timeMs, user).map((hit) => hit.timeMs))
  }
  const { releasedEarly, late, waiting, waitingBytes } = correlator.counters()
  assert.ok(waitingBytes <= 2_000)
  assert.equal(releasedEarly, hits.length)
  assert.deepEqual([hits, late, waiting], [hits.toSorted((a, b) => a - b), 1, 11 - hits.length])
})

test('a full window keeps the newest: counts stay right, sums are of those', () => {
  const most = WINDOW_ENTRIES_MAX - 1
  const given = image(
    { timespan: '1d', condition: { eq: most } },
    { type: 'value_sum', timespan: '1d', condition: { gt: most, field: 'N' } },
  )
  const correlator = new Correlator(given.records, { latenessMs: 0 })
  const hits = Array.from({ length: WINDOW_ENTRIES_MAX + 50 }, (_, i) =>
    correlator.observe(0, i, given.valuesOf({ User: 'bob', N: '1' })),
  ).flat()
  assert.deepEqual(
    hits.map(({ correlation, timeMs, value }) => [correlation, timeMs, value]),
    [
      [0, most - 1, most],
      [1, most, WINDOW_ENTRIES_MAX],
    ],
  )
  assert.equal(correlator.counters().entriesEvicted, 50)
})

test('counting takes memory for what the condition names, however many events come', () => {
  const given = image({ condition: { gte: 3 } })
  const correlator = new Correlator(given.records, { latenessMs: 0 })
  for (let i = 0; i < 5_000; i++) correlator.observe(0, i, given.valuesOf({ User: 'bob' }))
  const { stateBytes, hits, entriesEvicted } = correlator.counters()
  assert.deepEqual([hits, entriesEvicted, stateBytes < 1_500], [1, 0, true])
})

test('one event can make only so many correlations true', () => {
  // Eight layers of eight, each of which refers to all of the layer before: 8^7 ways from the event to the last.
  const layers = Array.from({ length: 64 }, (_, i) => {
    const before = Array.from({ length: 8 }, (_, k) => `c${8 * (Math.floor(i / 8) - 1) + k}`)
    // True, then false, with every other event: it fires as often as it can.
    return { rules: i < 8 ? ['r0'] : before, condition: { gte: 1, lte: 1 }, 'group-by': null, timespan: '1s' }
  })
  const { correlator } = run(image(...layers), events('r0@1, r0@5, r0@9'))
  assert.ok(correlator.counters().hits > 0)
  const wide = Array.from({ length: 64 }, (_, i) => ({
    rules: i < 32 ? ['r0'] : Array.from({ length: 32 }, (_, k) => `c${k}`),
    condition: { gte: 1 },
    // Each inner one is another user to each outer one, so that each makes each true.
    aliases:
      i < 32
        ? { [`u${i}`]: { r0: `U${i}` } }
        : { who: Object.fromEntries(Array.from({ length: 32 }, (_, k) => [`c${k}`, `u${k}`])) },
    'group-by': [i < 32 ? `u${i}` : 'who'],
  }))
  const last = { rules: Array.from({ length: 32 }, (_, k) => `c${k + 32}`), 'group-by': null, condition: { gte: 1 } }
  const fields = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`U${i}`, `user${i}`]))
  const result = run(image(...wide, last), [{ rule: 'r0', timeMs: 1, fields }])
  // 32, then 32 for each of them, then one for each of those.
  assert.deepEqual([result.correlator.counters().cascadesCut, result.hits.length], [0, 32 + 32 * 32 + 1])
  const four = Array.from({ length: 4 }, () => last)
  const more = run(image(...wide, ...four), [{ rule: 'r0', timeMs: 1, fields }])
  assert.equal(more.correlator.counters().cascadesCut, 1)
})

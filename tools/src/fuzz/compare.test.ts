import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  type ComparedEvent,
  compareEngines,
  type Comparison,
  DECIDED_VECTORS,
  type Engine as Judge,
  generateEvents,
  INVALID_VECTORS,
  SPEC_VECTORS,
  VECTOR_RULE,
} from '@firebreak/plain-evaluator'
import { asRecord, createEngines, type Engines, hasBareField } from './engines.ts'
import { HAS_SHARED_DATA, PLACEHOLDERS, regressions, SHARED_DATA, sigmaHqRules, windowsEvents } from './sigmahq.ts'

/** `firebreak fuzz engine` tries a million. */
const GENERATED_EVENTS = 4_000
const SEED = 1
const skip = HAS_SHARED_DATA ? false : `${SHARED_DATA} is absent`

function assertSame({ differing, differences }: Comparison): void {
  const shown = differences.slice(0, 5).map(({ rule, matches, event }) => ({ rule, matches, ...event }))
  assert.equal(differing, 0, JSON.stringify(shown, null, 1))
}

/** Numbers that JSON.stringify has no form for keep theirs. */
function toJson(event: unknown): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(`${value}`) : value,
  )
}

for (const [origin, vectors] of Object.entries({
  'the specification': SPEC_VECTORS,
  'what we decided': DECIDED_VECTORS,
})) {
  void describe(`the engine and ${origin}`, () => {
    for (const { name, yaml, placeholders, source, matching, others } of vectors) {
      void test(name, () => {
        const engines = createEngines([{ file: 'rule.yml', text: yaml }], placeholders)
        assert.deepEqual(engines.refused.engine, [])
        for (const [events, expected] of [
          [matching, [VECTOR_RULE]],
          [others, []],
        ] as const) {
          for (const event of events) {
            const json = toJson(event)
            assert.deepEqual(engines.json({ json, source }), expected, json)
            const record = hasBareField(json) ? null : asRecord({ json, source })
            if (record !== null) assert.deepEqual(engines.record(record), expected, json)
          }
        }
      })
    }
  })
}

void describe('what no engine may take', () => {
  for (const { name, yaml } of INVALID_VECTORS) {
    void test(name, () => assert.ok(createEngines([{ file: 'rule.yml', text: yaml }]).refused.engine.length > 0))
  }
})

void describe('the engine beside the plain evaluator, over SigmaHQ', { skip }, () => {
  let engines: Engines
  before(() => void (engines = createEngines(sigmaHqRules(), PLACEHOLDERS)))

  void test('both take every rule', () => assert.deepEqual(engines.refused, { engine: [], plain: [] }))

  void test('10,000 events of Windows, as JSON and as records', (t) => {
    const events = windowsEvents().map((json): ComparedEvent => ({ json, source: undefined }))
    assertSame(compareEngines(engines.json, engines.plain, events))
    const records = events.map(asRecord).filter((one) => one !== null)
    t.diagnostic(`${records.length} of them are records`)
    assert.ok(records.length > 9_000)
    assertSame(compareEngines(engines.record, engines.json, records))
  })

  void test('every regression event matches its rule', (t) => {
    const cases = regressions()
    t.diagnostic(`${cases.length} cases have events`)
    const missedBy = (judge: (event: ComparedEvent) => readonly string[]): readonly string[] =>
      cases
        .filter(({ rule, events, matchCountMin }) => {
          return events.filter((json) => judge({ json, source: undefined }).includes(rule)).length < matchCountMin
        })
        .map(({ folder }) => folder)
    assert.ok(cases.length > 0)
    assert.deepEqual(missedBy(engines.json), [])
    assert.deepEqual(
      missedBy((event) => recordOf(engines.record, event)),
      [],
    )
  })

  void test('generated events, as JSON and as records', (t) => {
    const made = [...generateEvents(engines.documents, SEED, GENERATED_EVENTS, PLACEHOLDERS)]
    const found = compareEngines(engines.json, engines.plain, made)
    t.diagnostic(`${found.agreed} matches of ${found.rules.size} rules`)
    assertSame(found)
    assert.ok(found.rules.size > GENERATED_EVENTS / 3, 'many rules match something')
    const records = made.map(asRecord).filter((one) => one !== null)
    assertSame(compareEngines(engines.record, engines.json, records))
  })
})

function recordOf(judge: Judge, event: ComparedEvent): readonly string[] {
  const record = asRecord(event)
  assert.ok(record !== null, `no record can hold ${event.json.slice(0, 200)}`)
  return judge(record)
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePack, toSourceNode } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import * as fc from 'fast-check'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import type { ExecutionResult } from '../execution/execution.ts'
import { correlatedSource, goodSource, MANIFEST, type PlainMap, rule, ruleId } from '../gate-fixture.ts'
import { checkReplay, type Replay } from './check-replay.ts'
import { REPLAY_CODES } from './codes.ts'
import type { Corpus } from './corpus.ts'

const PACK = parsePack(goodSource())
const POLICY = { ...GATE_POLICY_DEFAULT, falsePositivesPpmMax: 1_000 }
const EVENTS = 10_000

function event(n: number, category = 'process_creation'): HostEvent {
  return { category, product: 'linux', timeMs: n, fields: { Image: `/bin/${n}`, User: null } }
}

function corpusOf(events: number, more: Partial<Corpus> = {}): Corpus {
  const all = Array.from({ length: events }, (_, i) => event(i))
  return {
    name: 'c.jsonl',
    digest: 'a'.repeat(64),
    kind: 'benign',
    events: all,
    techniques: all.map(() => []),
    ...more,
  }
}

/** As an engine answers that fires rule 1 for the first so many events. */
function ran(corpus: Corpus, firstEvents: number, id = ruleId(1)): Replay {
  const verdicts = corpus.events.map((_, caseIndex) => ({
    caseIndex,
    firedRuleIds: caseIndex < firstEvents ? [id] : [],
  }))
  return { corpus, result: { kind: 'ran', engineVersion: '1.2.0', verdicts } }
}

const codesOf = (replays: readonly Replay[], pack = PACK, policy = POLICY) => {
  const { verdict, findings } = checkReplay(pack, replays, policy)
  return `${verdict}: ${findings.map(({ code }) => code).join(' ')}`.trimEnd()
}

const QUIET = corpusOf(EVENTS)
const verdicts: readonly (readonly [string, readonly Replay[], string])[] = [
  ['a quiet pack passes without a word', [ran(QUIET, 0)], 'pass:'],
  ['what fires within the policy is for the approver', [ran(QUIET, 10)], 'pass: gate/ordinary-match'],
  ['one event more is a flood', [ran(QUIET, 11)], 'fail: gate/flood'],
  ['a correlation or an indicator floods like a rule', [ran(QUIET, 11, 'indicator/x')], 'fail: gate/flood'],
  ['one quiet corpus excuses no other', [ran(QUIET, 0), ran(corpusOf(4_000), 5)], 'fail: gate/flood'],
  ['attacks are no ordinary activity', [ran(QUIET, 0), ran(corpusOf(99, { kind: 'attack' }), 99)], 'pass:'],
  ['a small corpus says what it can not show', [ran(corpusOf(100), 0)], 'pass: gate/corpus-small'],
  ['no corpus is no pass', [], 'inconclusive:'],
  ['nor is an empty one', [ran(corpusOf(0), 0)], 'inconclusive:'],
  ['nor are attacks only', [ran(corpusOf(9, { kind: 'attack' }), 9)], 'inconclusive:'],
  ['nor is an engine that was not run', [{ corpus: QUIET, result: { kind: 'not-run' } }], 'not-run:'],
]
for (const [name, replays, expected] of verdicts) test(name, () => assert.equal(codesOf(replays), expected))

const failures: readonly (readonly [string, string, string])[] = [
  ['an engine that ended on an event', 'gate/engine-trapped', 'fail: gate/engine-trapped'],
  ['a code that nobody knows', 'engine/unheard-of', 'fail: engine/unheard-of'],
  ['an engine that nobody heard of', 'gate/engine-silent', 'inconclusive: gate/engine-silent'],
]
for (const [name, code, expected] of failures) {
  test(`${name} is no pass`, () => {
    const result: ExecutionResult = { kind: 'failed', code, message: 'why' }
    assert.equal(codesOf([ran(QUIET, 0), { corpus: QUIET, result }]), expected)
  })
}

test('answers that are missing, given twice or about nothing fail: the rate would be of other events', () => {
  const { corpus, result } = ran(corpusOf(5_000), 0)
  assert.ok(result.kind === 'ran')
  const [first] = result.verdicts
  assert.ok(first)
  const altered = [
    result.verdicts.slice(1),
    [...result.verdicts, first],
    [...result.verdicts, { caseIndex: 5_000, firedRuleIds: [] }],
    [...result.verdicts, { caseIndex: -1, firedRuleIds: [] }],
  ]
  for (const given of altered) {
    assert.equal(codesOf([{ corpus, result: { ...result, verdicts: given } }]), 'fail: gate/replay-incomplete')
  }
})

test('a flood names the rule, where it stands, how often, how sure, and the smallest event', () => {
  const events = [event(100_000), event(7), event(100_001)]
  const corpus = { ...corpusOf(0), events, techniques: events.map(() => []) }
  const { reason, findings } = checkReplay(PACK, [ran(corpus, 3)], POLICY)
  const [flood] = findings
  assert.equal(
    reason,
    `Rule "Rule 1" (${ruleId(1)}) fires for 3 of the 3 events of c.jsonl: 1000000 ppm, up to 1000000 with what so few events can show; the policy allows 1000.`,
  )
  assert.equal(flood?.at?.file, 'rules/0.yml')
  assert.equal(flood?.input, '{"product":"linux","category":"process_creation","Image":"/bin/7"}')
})

test('log sources of which there is no event are named, each once', () => {
  const windows = (n: number): PlainMap => rule(n, { Image: 'x' }, { category: 'registry_set', product: 'windows' })
  const source = { ...goodSource(), rules: [] }
  const nodes = [rule(1, { Image: 'a' }), windows(2), windows(3)].map((one) => toSourceNode(one, 'r.yml'))
  const pack = parsePack({
    ...source,
    manifest: toSourceNode(MANIFEST, 'pack.yaml'),
    rules: [{ file: 'r.yml', nodes }],
  })
  const { verdict, findings } = checkReplay(pack, [ran(QUIET, 0)], POLICY)
  assert.equal(verdict, 'pass')
  assert.deepEqual(
    findings.map(({ code, message }) => [code, message]),
    [
      [
        'gate/source-not-replayed',
        'No corpus says that it has an event of category: registry_set, product: windows: how often its 2 rules fire for ordinary activity is unknown.',
      ],
    ],
  )
})

test('a rule that only serves a correlation may fire as often as it likes; one that alerts by itself too may not', () => {
  const flood = [ran(QUIET, EVENTS)]
  assert.equal(codesOf(flood, parsePack(correlatedSource(false))), 'pass: gate/ordinary-part')
  assert.equal(codesOf(flood, parsePack(correlatedSource(true))), 'fail: gate/flood')
})

test('more hits are never judged better, a stricter policy never passes more', () => {
  const order = ['pass', 'fail']
  const count = fc.integer({ min: 0, max: 400 })
  const ppm = fc.integer({ min: 0, max: 1_000_000 })
  fc.assert(
    fc.property(count, count, ppm, ppm, (a, b, p, q) => {
      const rank = (hits: number, falsePositivesPpmMax: number) => {
        const { verdict } = checkReplay(PACK, [ran(corpusOf(400), hits)], { ...POLICY, falsePositivesPpmMax })
        return order.indexOf(verdict)
      }
      assert.ok(rank(Math.min(a, b), Math.max(p, q)) <= rank(Math.max(a, b), Math.min(p, q)))
    }),
    { numRuns: 50 },
  )
})

test('every code has a severity that its findings have', () => {
  const rows = Object.entries(REPLAY_CODES).map(([code, { severity }]) => `${code} ${severity}`)
  assert.deepEqual(rows, [
    'gate/flood error',
    'gate/replay-incomplete error',
    'gate/ordinary-match warning',
    'gate/ordinary-part note',
    'gate/source-not-replayed note',
    'gate/corpus-small note',
  ])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParsedPack, parsePack } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import type { CaseVerdict } from '../execution/execution.ts'
import { correlatedSource, goodSource, type PlainMap, rule, ruleId, sourceOf } from '../gate-fixture.ts'
import { checkReplay, type Replay } from './check-replay.ts'
import { type Corpus, eventText, firedByEvent } from './corpus.ts'
import { rateUpperPpm } from './rate.ts'

const PACK = parsePack(goodSource())
/** Any event may fire, and no corpus is too small to say so. */
const LAX = { ...GATE_POLICY_DEFAULT, falsePositivesPpmMax: 1_000_000 }
const STRICT = { ...LAX, falsePositivesPpmMax: 0 }

function start(image: string, more: Partial<HostEvent> = {}): HostEvent {
  return { category: 'process_creation', product: 'linux', timeMs: 0, fields: { Image: image }, ...more }
}

function corpusOf(events: readonly HostEvent[], name = 'c.jsonl'): Corpus {
  return { name, digest: 'a'.repeat(64), kind: 'benign', events, techniques: events.map(() => []) }
}

/** @param fired - for each event what fires */
function ran(corpus: Corpus, fired: (index: number) => readonly string[] = () => []): Replay {
  const verdicts = corpus.events.map((_, caseIndex): CaseVerdict => ({ caseIndex, firedRuleIds: fired(caseIndex) }))
  return { corpus, result: { kind: 'ran', engineVersion: '1.2.0', verdicts } }
}

function packOf(...rules: readonly PlainMap[]): ParsedPack {
  const pack = parsePack(sourceOf(rules, []))
  assert.deepEqual(pack.diagnostics, [])
  return pack
}

const THREE = [start('/a'), start('/b'), start('/c')]
const [ONE, TWO] = [ruleId(1), ruleId(2)]

test('a pass says of how many events it is, and how many rules fire for some', () => {
  const quiet = [ran(corpusOf(THREE)), ran(corpusOf(THREE))]
  assert.equal(
    checkReplay(PACK, quiet, LAX).reason,
    'No rule floods 6 events of ordinary activity, and none fires for any.',
  )
  const some = [ran(corpusOf(THREE), (i) => (i === 0 ? [ONE, TWO] : []))]
  assert.equal(checkReplay(PACK, some, LAX).reason, 'No rule floods 3 events of ordinary activity; 2 fire for some.')
  const unseen = packOf(rule(1, { Image: 'x' }), rule(2, { Image: 'x' }, { category: 'file_event', product: 'linux' }))
  assert.match(checkReplay(unseen, quiet, LAX).reason, /none fires for any\.$/)
})

test('floods come first, and the reason counts them', () => {
  const fired = [[ONE], [TWO], [TWO]]
  const corpora = [ran(corpusOf(THREE, 'a.jsonl'), () => []), ran(corpusOf(THREE, 'b.jsonl'), (i) => fired[i] ?? [])]
  const { verdict, reason, findings } = checkReplay(PACK, corpora, STRICT)
  assert.equal(verdict, 'fail')
  assert.match(reason, /^2 errors, the first: Rule "Rule 2" \(.*\) fires for 2 of the 3 events of b\.jsonl: 666667 ppm/)
  assert.deepEqual(
    findings.map(({ code, fix }) => [code, fix]),
    [
      ['gate/flood', 'Ask for what only the attack has, or filter what is ordinary.'],
      ['gate/flood', 'Ask for what only the attack has, or filter what is ordinary.'],
      ['gate/corpus-small', 'Replay more events.'],
      ['gate/corpus-small', 'Replay more events.'],
    ],
  )
})

test('of what fires as often the order is that of the ids, and each is named as what it is', () => {
  const pack = parsePack(correlatedSource(true))
  const { findings } = checkReplay(pack, [ran(corpusOf(THREE), () => ['indicator/domain', ruleId(3), ONE])], LAX)
  assert.deepEqual(
    findings.map(({ message, at, fix }) => [message.split(' fires for ')[0], at?.file ?? null, fix]),
    [
      [`Rule "Rule 1" (${ONE})`, 'rules/0.yml', 'See whether the event is ordinary, and filter it.'],
      [`Correlation "Many" (${ruleId(3)})`, 'rules/1.yml', 'See whether the event is ordinary, and filter it.'],
      ['indicator/domain', null, 'See whether the event is ordinary, and filter it.'],
    ],
  )
})

test('the second rule of a pack is named by its own title', () => {
  const [found] = checkReplay(PACK, [ran(corpusOf(THREE), () => [TWO])], LAX).findings
  assert.match(found?.message ?? '', /^Rule "Rule 2"/)
})

test('the event that is shown is the first of the shortest of a thousand', () => {
  const images = Array.from({ length: 1_002 }, (_, i): string => (i === 7 || i === 8 ? '/b' : '/long'))
  const shortest = (all: readonly string[]) => {
    const corpus = corpusOf(all.map((image, i) => start(image, { fields: { Image: image, N: i % 10 } })))
    return checkReplay(PACK, [ran(corpus, () => [ONE])], LAX).findings[0]?.input ?? ''
  }
  assert.match(shortest(images), /"Image":"\/b","N":7/)
  assert.match(shortest(images.with(999, '/')), /"Image":"\/","N":9/)
  assert.match(shortest(images.with(1_000, '/')), /"Image":"\/b","N":7/)
})

test('a rule is a part only of correlations that refer to it, and only if none of them lets it alert', () => {
  const correlation = (n: number, of: number, generate: boolean): PlainMap => ({
    title: `Many ${n}`,
    id: ruleId(n),
    correlation: { type: 'event_count', rules: [ruleId(of)], timespan: '1m', condition: { gte: 2 }, generate },
  })
  const rules = [rule(1, { Image: 'x' }), rule(2, { Image: 'y' })]
  const rows: readonly (readonly [correlations: readonly PlainMap[], code: string])[] = [
    [[correlation(3, 1, false)], 'gate/ordinary-part'],
    [[correlation(3, 2, false)], 'gate/flood'],
    [[correlation(3, 2, true), correlation(4, 1, false)], 'gate/ordinary-part'],
    [[correlation(3, 1, true), correlation(4, 1, false)], 'gate/flood'],
  ]
  for (const [correlations, code] of rows) {
    const { findings } = checkReplay(packOf(...rules, ...correlations), [ran(corpusOf(THREE), () => [ONE])], STRICT)
    assert.equal(findings[0]?.code, code)
    assert.equal(findings[0].input, eventText(start('/a')))
  }
})

test('one engine that refused outweighs one that nobody heard of, and the first is the reason', () => {
  const failed = (code: string): Replay => {
    return { corpus: corpusOf(THREE), result: { kind: 'failed', code, message: `words of ${code}` } }
  }
  const [silent, trapped] = [failed('gate/engine-silent'), failed('gate/engine-trapped')]
  const check = checkReplay(PACK, [silent, trapped], LAX)
  assert.deepEqual(
    [check.verdict, check.reason],
    ['fail', 'The engine did not run c.jsonl: words of gate/engine-silent'],
  )
  assert.equal(checkReplay(PACK, [silent, silent], LAX).verdict, 'inconclusive')
})

test('a corpus is large enough whose silence shows just what the policy allows', () => {
  const least = rateUpperPpm(0, 3)
  const codes = (falsePositivesPpmMax: number) =>
    checkReplay(PACK, [ran(corpusOf(THREE))], { ...LAX, falsePositivesPpmMax }).findings.map(({ code }) => code)
  assert.deepEqual([codes(least), codes(least - 1)], [[], ['gate/corpus-small']])
})

test('a log source is reached by any event of it, in any corpus, service and all', () => {
  const [file, service] = [
    { category: 'file_event', product: 'linux' },
    { product: 'linux', service: 'auditd' },
  ]
  const pack = packOf(rule(1, { Image: 'x' }), rule(2, { A: 'x' }, file), rule(3, { B: 'x' }, service))
  const audited = start('/d', { service: 'auditd' })
  const created = start('/e', { category: 'file_event' })
  const said = (...events: readonly HostEvent[]) =>
    checkReplay(pack, [ran(corpusOf(THREE)), ran(corpusOf([...events, start('/z')]))], LAX).findings
  assert.deepEqual(said(created, audited), [])
  assert.deepEqual(
    said(audited).map(({ message, at, fix }) => [message, at?.file, fix]),
    [
      [
        'No corpus says that it has an event of category: file_event, product: linux: how often its rule fires for ordinary activity is unknown.',
        'rules/1.yml',
        'Replay events of your own: --corpus FILE.',
      ],
    ],
  )
})

test('an event that has no answer of its own has none, and answers about nothing change nothing', () => {
  const verdicts = [
    { caseIndex: 0, firedRuleIds: ['a', 'a', 'b'] },
    { caseIndex: 1, firedRuleIds: ['a'] },
    { caseIndex: 1, firedRuleIds: ['a'] },
    { caseIndex: 1, firedRuleIds: ['a'] },
    { caseIndex: 9, firedRuleIds: ['a'] },
    { caseIndex: -1, firedRuleIds: ['a'] },
  ]
  const fired = firedByEvent({ corpus: { events: THREE }, verdicts })
  assert.deepEqual(fired, [['a', 'b'], null, null])
  assert.equal(Object.keys(fired).length, 3)
})

test('an event is shown with its log source, and with the fields that it has', () => {
  const shown = (service?: string | null) =>
    eventText(start('/x', { fields: { Image: '/x', User: null, Size: 0 }, ...(service !== undefined && { service }) }))
  const plain = '{"product":"linux","category":"process_creation","Image":"/x","Size":0}'
  assert.deepEqual([shown(), shown(null), shown('')], [plain, plain, plain])
  assert.equal(
    shown('auditd'),
    '{"product":"linux","category":"process_creation","service":"auditd","Image":"/x","Size":0}',
  )
})

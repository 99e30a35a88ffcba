import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, finding, passed } from '../check/check.ts'
import { checkSelfTest } from './check-self-test.ts'
import { CONTROL_PACK, packOf, withCompanions } from './companions.ts'
import type { ImageFault, SelfTestPipeline } from './control.ts'
import { countsOf, type SelfTestEvidence } from './evidence.ts'
import { IMAGE_OPERATORS } from './operators/image.ts'
import { runSelfTest, type SelfTestInput, type SelfTestPlan } from './run.ts'
import { changed, EMPTY_REPORT, type FakeEvidence, FLOOD, PIPELINE, subjectOf } from './self-test-fixture.ts'
import { withEntry } from './source-edit.ts'

const TRUNCATED = IMAGE_OPERATORS.filter(({ id }) => id === 'image-truncated')
const JUMP = IMAGE_OPERATORS.filter(({ id }) => id === 'jump-backwards')

const PLAN: SelfTestPlan<FakeEvidence> = {
  operators: [...TRUNCATED, ...JUMP, FLOOD, EMPTY_REPORT],
  museum: TRUNCATED,
  good: [{ ...FLOOD, id: 'one-flood', apply: () => ({ floods: 1 }) }],
  codes: [
    { check: 'verify', code: 'content/image-truncated' },
    { check: 'verify', code: 'content/image-program' },
    { check: 'replay', code: 'fake/flood' },
    { check: 'report', code: 'fake/empty' },
  ],
}
const CONTROL = subjectOf(CONTROL_PACK)
const CANARIES = [{ name: 'off-by-one', found: true, executions: 100 }]

type Input = Partial<SelfTestInput<FakeEvidence>> & { readonly pipeline?: SelfTestPipeline<FakeEvidence> }

function run({ pipeline = PIPELINE, ...more }: Input = {}): SelfTestEvidence {
  return runSelfTest({
    plan: PLAN,
    control: { ...CONTROL, pipeline },
    candidate: null,
    canaries: CANARIES,
    seed: 7,
    ...more,
  })
}

test('a gate that works rejects each fault with the code that it aims at, and would miss each of its parts', () => {
  const evidence = run()
  assert.deepEqual(countsOf(evidence), {
    seeded: 4,
    rejected: 4,
    museum: 1,
    ablations: 7,
    ablationsNoticed: 7,
    canaries: 1,
    missed: [],
    unnoticed: [],
  })
  assert.equal(evidence.subject, 'control')
  assert.deepEqual(run(), evidence, 'the same seed gives the same')
})

const passing = passed('replay', 'Fine.')
const silent = (id: string): SelfTestPipeline<FakeEvidence> =>
  changed((one) => (one.id === id ? passed(one.id, 'Always fine.') : one))

/** Gates with a gap, each as it could come about, and what a self-test has to say about it. */
const GAPS: readonly (readonly [name: string, input: Input, says: RegExp])[] = [
  ['a check that always passes', { pipeline: silent('replay') }, /fault flood: replay does not say fail; nothing/],
  ['a verifier that always passes', { pipeline: silent('verify') }, /fault image-truncated: verify does not say fail/],
  [
    'a code under another name',
    {
      pipeline: changed((one) =>
        one.id === 'replay' && one.verdict === 'fail' ? failed('replay', 'x', [finding('fake/other', 'x', null)]) : one,
      ),
    },
    /fault flood: replay does not say fake\/flood; it was rejected with replay fake\/other/,
  ],
  [
    'a code that only warns',
    {
      pipeline: changed((one) => ({
        ...one,
        findings: one.findings.map((found) => ({ ...found, severity: 'warning' as const })),
      })),
    },
    /fault flood: replay does not say fake\/flood; nothing rejected it/,
  ],
  [
    'an operator that is rejected for another reason',
    {
      plan: {
        ...PLAN,
        operators: [
          ...PLAN.operators,
          {
            ...(JUMP[0] as ImageFault),
            id: 'wrong',
            aims: { check: 'verify', code: 'content/image-routes' },
          },
        ],
      },
    },
    /fault wrong: verify does not say content\/image-routes; it was rejected with verify content\/image-program/,
  ],
  [
    'an operator that changes nothing',
    {
      plan: {
        ...PLAN,
        operators: [...PLAN.operators, { ...FLOOD, id: 'idle', apply: (same: FakeEvidence) => same }],
      },
    },
    /fault idle: replay does not say fail; nothing rejected it/,
  ],
  [
    'a gate that rejects everything',
    { pipeline: changed((one) => failed(one.id, 'No.', [finding('fake/no', 'No.', null)])) },
    /good case control-pack: .*No\./,
  ],
  [
    'a check that is stricter than it says',
    {
      pipeline: {
        ...PIPELINE,
        judgeEvidence: ({ floods }) => [
          floods === 0 ? passing : failed('replay', 'x', [finding('fake/flood', 'x', null)]),
        ],
      },
    },
    /good case one-flood: refused by replay/,
  ],
  [
    'a code without an operator',
    { plan: { ...PLAN, codes: [...PLAN.codes, { check: 'contract', code: 'fake/new' }] } },
    /Nobody would notice a gate without contract fake\/new/,
  ],
  [
    'a check that fails whenever another one does',
    {
      pipeline: {
        ...PIPELINE,
        judgeImage: (compiled, omit) => {
          const checks = PIPELINE.judgeImage(compiled, omit)
          return checks.some(({ verdict }) => verdict === 'fail') ? [...checks, failed('cost', 'Too.', [])] : checks
        },
      },
    },
    /fault image-truncated: cost rejected it as well/,
  ],
  [
    'a check that would not be missed, because another says the same',
    {
      pipeline: {
        ...PIPELINE,
        // What was left out comes back by another way: the ablation changes nothing.
        judgeEvidence: (evidence) => PIPELINE.judgeEvidence(evidence, new Set()),
      },
    },
    /Nobody would notice a gate without replay\b/,
  ],
  [
    'a fuzzer that finds nothing',
    { canaries: [{ name: 'off-by-one', found: false, executions: 9 }] },
    /did not find off-by-one in 9/,
  ],
  [
    'a report that is believed in any form',
    { pipeline: { ...PIPELINE, refuseReport: () => null } },
    /fault empty-report: report does not say fail/,
  ],
]

for (const [name, input, says] of GAPS) {
  test(`a gate with a gap is broken: ${name}`, () => {
    const check = checkSelfTest(run(input))
    assert.equal(check.verdict, 'fail')
    assert.match(check.findings.map(({ message }) => message).join('\n'), says)
  })
}

test('faults go into the candidate when it passes, and into the control when it does not', () => {
  const manifest = { name: 'mine', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: '' }
  const good = subjectOf(withCompanions(packOf(manifest, [], [])))
  assert.equal(run({ candidate: good }).subject, 'candidate')
  const bad = {
    ...good,
    source: {
      ...good.source,
      manifest: good.source.manifest && withEntry(good.source.manifest, 'minimumEngine', '99.0.0'),
    },
  }
  assert.equal(run({ candidate: bad }).subject, 'control')
  assert.equal(countsOf(run({ candidate: bad })).rejected, 4)
  const flooding = { ...good, evidence: { floods: 9 } }
  assert.equal(run({ candidate: flooding }).subject, 'control')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import { type CheckResult, passed } from '../check/check.ts'
import { judgeEvidence } from '../judge-evidence.ts'
import { CONTROL_PACK, ROUTED_RULE } from './companions.ts'
import type { Omit, SelfTestPipeline, Subject } from './control.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import { CONTROL_SIGNER } from './operators/report.ts'
import { COMPLETE, runSelfTest } from './run.ts'
import { sampleReport } from '../report/sample-report.ts'
import { signGateReport } from '../report/statement.ts'
import { countsOf } from './evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { gatePipeline } from './pipeline.ts'
import { SELF_TEST_PLAN } from './plan.ts'
import { withDocuments } from './source-edit.ts'

const PACK = parsePack(CONTROL_PACK)
const CONTROL = controlEvidence(PACK, compilePack(PACK))

test('evidence is judged as the gate judges it, whatever is remembered of its parts', () => {
  const pipeline = gatePipeline({ engines: [THIS_ENGINE], inputs: [], keys: [] })
  const altered = SELF_TEST_PLAN.operators.flatMap((one) =>
    one.kind === 'evidence' ? [one.apply(CONTROL, new Random(7))] : [],
  )
  assert.ok(altered.length > 40)
  for (const evidence of [CONTROL, ...altered, CONTROL]) {
    const [contract, ...others] = pipeline.judgeEvidence(evidence, COMPLETE)
    assert.equal(contract?.id, 'contract')
    assert.deepEqual(others, judgeEvidence(evidence))
  }
})

const PIPELINE = gatePipeline({ engines: [THIS_ENGINE], inputs: [], keys: [CONTROL_SIGNER.publicKey] })
const SUBJECT: Subject<JudgedEvidence> = {
  pipeline: PIPELINE,
  source: CONTROL_PACK,
  pack: PACK,
  compiled: compilePack(parsePack(withDocuments(CONTROL_PACK, [ROUTED_RULE], []))),
  evidence: CONTROL,
  report: signGateReport(sampleReport(), CONTROL_SIGNER),
}

/** The real gate, in which one check looks at nothing and passes. */
function blind(id: string): SelfTestPipeline<JudgedEvidence> {
  const all =
    <T>(judge: (subject: T, omit: Omit) => readonly CheckResult[]) =>
    (subject: T, omit: Omit): readonly CheckResult[] =>
      judge(subject, omit).map((one) => (one.id === id ? passed(one.id, 'Nobody looked.') : one))
  return {
    judgeSource: all(PIPELINE.judgeSource),
    judgePack: all(PIPELINE.judgePack),
    judgeImage: all(PIPELINE.judgeImage),
    judgeEvidence: all(PIPELINE.judgeEvidence),
    refuseReport: (report, omit) => (id === 'report' ? null : PIPELINE.refuseReport(report, omit)),
  }
}

test('a check of the real gate that stopped looking is missed, whichever it is', () => {
  const plan = { ...SELF_TEST_PLAN, museum: [], codes: [] }
  for (const check of new Set(plan.operators.map(({ aims }) => aims.check))) {
    const control = { ...SUBJECT, pipeline: blind(check) }
    const { missed } = countsOf(runSelfTest({ plan, control, candidate: null, canaries: [], seed: 1 }))
    const aimed = plan.operators.filter(({ aims }) => aims.check === check).map(({ id }) => id)
    assert.deepEqual(missed, aimed)
  }
})

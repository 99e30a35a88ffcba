import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import { judgeEvidence } from '../judge-evidence.ts'
import { CONTROL_PACK } from './companions.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import { COMPLETE } from './run.ts'
import { gatePipeline } from './pipeline.ts'
import { SELF_TEST_PLAN } from './plan.ts'

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

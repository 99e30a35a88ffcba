import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledPack, compilePack, parsePack } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import type { ExecutionEvidence } from '../execution/evidence.ts'
import { judgeExecutions } from '../execution/judge-executions.ts'
import { CONTROL_PACK } from './companions.ts'
import { controlEvidence } from './control-evidence.ts'
import { shortened } from './shorten.ts'

const PACK = parsePack(CONTROL_PACK)
const COMPILED: CompiledPack = compilePack(PACK)
const EVENT: HostEvent = { category: 'file_event', product: 'linux', service: null, timeMs: 0, fields: {} }

/** The evidence of the control pack, with corpora of so many events behind the cases. */
function withCorpora(...sizes: readonly number[]): ExecutionEvidence {
  const { execution } = controlEvidence(PACK, COMPILED)
  const corpora = sizes.map((size, i) => ({ name: `corpus ${i}`, events: Array.from({ length: size }, () => EVENT) }))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const work = { nodeVisits: 1, predicateEvaluations: 1 }
  const tasks = execution.tasks.map(({ task, runs }) => {
    const more = Array.from({ length: total }, (_, i) => {
      return { caseIndex: task.cases.length + i, firedRuleIds: [`indicator/${i}`], work }
    })
    const answered = runs.map((run) =>
      run.result.kind === 'ran'
        ? { ...run, result: { ...run.result, verdicts: [...run.result.verdicts, ...more] } }
        : run,
    )
    return { task: { ...task, corpora }, runs: answered }
  })
  return { ...execution, tasks }
}

test('what is left of large corpora is judged as before: each event keeps its answer', () => {
  const long = withCorpora(250, 30, 120)
  assert.equal(judgeExecutions(long, GATE_POLICY_DEFAULT).verdict, 'pass')
  const short = shortened(long)
  assert.equal(judgeExecutions(short, GATE_POLICY_DEFAULT).verdict, 'pass')
  const [first] = short.tasks
  assert.ok(first)
  assert.deepEqual(
    first.task.corpora.map(({ events }) => events.length),
    [100, 30, 100],
  )
  const [run] = first.runs
  assert.ok(run?.result.kind === 'ran')
  const fired = run.result.verdicts.slice(first.task.cases.length).map(({ firedRuleIds }) => firedRuleIds[0])
  const kept = [...Array.from({ length: 100 }, (_, i) => i), ...Array.from({ length: 30 }, (_, i) => 250 + i)]
  assert.deepEqual(
    fired.slice(0, 130),
    kept.map((i) => `indicator/${i}`),
  )
  assert.equal(fired[130], 'indicator/280')
})

test('small corpora and other results stay as they are', () => {
  assert.deepEqual(shortened(withCorpora(5)), withCorpora(5))
  const died: ExecutionEvidence = {
    missing: [],
    tasks: withCorpora(5).tasks.map(({ task, runs }) => ({
      task,
      runs: runs.map((run) => ({ ...run, result: { kind: 'failed', code: 'engine/died', message: '' } as const })),
    })),
  }
  assert.deepEqual(shortened(died), died)
})

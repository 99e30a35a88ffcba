import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePack } from '@firebreak/content'
import type { EngineRun } from '../execution/evidence.ts'
import type { FuzzedTarget } from '../fuzz/evidence.ts'
import { goodSource } from '../gate-fixture.ts'
import { coverageOf } from '../tests/coverage.ts'
import { encodeGateReport, parseGateReport } from './gate-report.ts'
import { REPORT_LIST_MAX } from './read-parts.ts'
import { sampleReport } from './sample-report.ts'
import { summariseCoverage, summariseEngines, summariseFuzz, summariseNovelty } from './summarise.ts'

test('counts what tests decide, and names what they do not', () => {
  const { rules, tests } = parsePack(goodSource())
  const whole = summariseCoverage(coverageOf({ rules, tests }))
  const none = summariseCoverage(coverageOf({ rules, tests: [] }))
  assert.equal(whole.total, 3)
  assert.equal(whole.decided + whole.undecided.length, whole.total)
  assert.deepEqual([none.decided, none.undecided.length], [0, 3])
  assert.deepEqual(none.undecided[0], { rule: 'Rule 1', what: 'selection: Image|ends-with' })
})

const engine = { version: '1.0.0', digest: '10'.repeat(32) }
const run = (over: Partial<EngineRun>): EngineRun => {
  const result = { kind: 'ran', engineVersion: '1.0.0', verdicts: [] } as EngineRun['result']
  return { engine, sandbox: { active: ['seccomp', 'landlock'], missing: [] }, result, ...over }
}

test('names an engine once for all that it ran, with the sandbox that it really had', () => {
  const two = { version: '1.1.0', digest: '11'.repeat(32) }
  const weak = { active: ['seccomp'], missing: ['landlock'] }
  const runs = [
    run({}),
    run({}),
    run({ engine: two, sandbox: weak }),
    run({ result: { kind: 'not-run' }, engine: two }),
  ]
  assert.deepEqual(summariseEngines(runs), [
    { ...engine, sandboxTier: 'seccomp, landlock' },
    { ...two, sandboxTier: 'seccomp, without landlock' },
  ])
  assert.deepEqual(summariseEngines([run({ sandbox: null })]), [{ ...engine, sandboxTier: 'not known' }])
})

test('an engine that did not run is not among those that ran', () => {
  assert.deepEqual(summariseEngines([run({ result: { kind: 'failed', code: 'engine/trap', message: '' } })]), [])
})

test('keeps the first and the last point of a long way, and a report can hold the rest', () => {
  const progress = Array.from({ length: 1_000 }, (_, i) => ({ executions: i, blocks: i, corpus: 1 }))
  const target: FuzzedTarget = {
    target: 'image',
    scriptDigest: '00'.repeat(32),
    executionsAsked: 999,
    executions: 1_000,
    accepted: 5,
    blocks: 999,
    blocksTotal: 2_000,
    corpus: 7,
    regressions: 0,
    progress,
    findings: [],
    fault: null,
  }
  const fuzz = summariseFuzz({ seed: 1, toolDigest: '00'.repeat(32), targets: [target], canaries: [] })
  const points = fuzz.targets[0]?.progress ?? []
  assert.equal(points.length, REPORT_LIST_MAX.fuzzProgress)
  assert.deepEqual(
    [points[0], points.at(-1)],
    [
      { executions: 0, blocks: 0 },
      { executions: 999, blocks: 999 },
    ],
  )
  const uses = [{ source: 'process_creation linux *', field: 'Image', matcher: 'equals' }] as const
  const novelty = summariseNovelty({ uses: 1, known: 0, firstUses: uses, hasHistory: false }, uses)
  const report = sampleReport({ fuzz, novelty })
  assert.deepEqual(parseGateReport(encodeGateReport(report)), report)
})

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

test('names what an engine ran in without any layer', () => {
  const bare = { active: [], missing: ['seccomp', 'landlock'] }
  assert.equal(summariseEngines([run({ sandbox: bare })])[0]?.sandboxTier, 'none, without seccomp, landlock')
})

test('counts all that no test decides, and lists as many as a report holds', () => {
  const [first] = coverageOf({ ...parsePack(goodSource()), tests: [] }).rules
  assert.ok(first)
  const tests = Array.from({ length: 501 }, () => first.tests[0]).filter((one) => one !== undefined)
  const { total, undecided } = summariseCoverage({ rules: [{ ...first, tests }] })
  assert.deepEqual([total, undecided.length], [501, REPORT_LIST_MAX.undecided])
})

test('an engine that did not run is not among those that ran', () => {
  assert.deepEqual(summariseEngines([run({ result: { kind: 'failed', code: 'engine/trap', message: '' } })]), [])
})

const TARGET: FuzzedTarget = {
  target: 'image',
  scriptDigest: '00'.repeat(32),
  executionsAsked: 999,
  executions: 1_000,
  accepted: 5,
  blocks: 999,
  blocksTotal: 2_000,
  corpus: 7,
  regressions: 0,
  progress: [],
  findings: [],
  fault: null,
}

/** Progress of so many points, as a report has it. */
function pointsOf(count: number) {
  const progress = Array.from({ length: count }, (_, i) => ({ executions: i, blocks: i, corpus: 1 }))
  const summary = summariseFuzz({
    seed: 1,
    toolDigest: '00'.repeat(32),
    targets: [{ ...TARGET, progress }],
    canaries: [],
  })
  return (summary.targets[0]?.progress ?? []).map(({ executions }) => executions)
}

test('keeps every point of a way that a report can hold, and of one more the first and the last', () => {
  const most = REPORT_LIST_MAX.fuzzProgress
  for (const count of [0, 1, 2, 3, most - 1, most]) {
    assert.deepEqual(
      pointsOf(count),
      Array.from({ length: count }, (_, i) => i),
    )
  }
  for (const count of [most + 1, 2 * most, 1_000]) {
    const points = pointsOf(count)
    assert.deepEqual([points.length, points[0], points.at(-1)], [most, 0, count - 1])
    const gaps = points.slice(1).map((one, i) => one - (points[i] ?? 0))
    assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1)
  }
})

test('keeps the first and the last point of a long way, and a report can hold the rest', () => {
  const progress = Array.from({ length: 1_000 }, (_, i) => ({ executions: i, blocks: i, corpus: 1 }))
  const target = { ...TARGET, progress }
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

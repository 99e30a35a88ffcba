import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type PackSource, parsePack, toSourceNode } from '@firebreak/content'
import { checkFuzz, FUZZ_TARGETS } from '@firebreak/gate'
import { GATE_CANARIES, gatherFuzz, imageForEvents } from './gather.ts'
import type { Job } from './jobs.ts'
import { runJob } from './run-job.ts'
import { seedsOf } from './seeds/seeds.ts'
import { SMALL_MANIFEST, SMALL_RULES } from './seeds/small-pack.ts'
import { toolDigestOf } from './tool-digest.ts'
import { WorkerProcess } from './worker-process.ts'

const SOURCE: PackSource = {
  manifest: toSourceNode(SMALL_MANIFEST, 'pack.yaml'),
  rules: SMALL_RULES.map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] })),
  tests: [],
  indicators: [],
}
const CANDIDATE = { source: SOURCE, pack: parsePack(SOURCE) }
const POLICY = { fuzzExecutions: 400 }
const SILENT = { progress: () => {}, isEnough: () => false }

async function jobOf(changes: Partial<Job> = {}): Promise<Job> {
  return {
    target: 'beacon',
    planted: 0,
    seed: 3,
    executions: 600,
    seeds: seedsOf(CANDIDATE).beacon,
    regressions: [],
    image: imageForEvents(),
    minimise: 100,
    recordInputs: null,
    toolDigest: await toolDigestOf(),
    ...changes,
  }
}

void describe('the evidence of a fuzzing run', () => {
  void test('of a sound candidate: every parser, every canary, and a pass', async () => {
    const shares: number[] = []
    const evidence = await gatherFuzz(CANDIDATE, POLICY, 11, ({ share }) => shares.push(share))
    assert.deepEqual(
      evidence.targets.map(({ target }) => target),
      [...FUZZ_TARGETS],
    )
    assert.deepEqual(
      evidence.targets.flatMap(({ findings }) => findings.map(({ bucket, message }) => `${bucket} ${message}`)),
      [],
    )
    assert.deepEqual(evidence.canaries.map(({ canary }) => canary).toSorted(), [...GATE_CANARIES].toSorted())
    for (const { canary, found } of evidence.canaries) assert.notEqual(found, null, canary)
    for (const one of evidence.targets) assert.ok(one.blocks > 0 && one.blocks <= one.blocksTotal, one.target)
    assert.equal(shares.at(-1), 1)
    const { verdict, reason } = checkFuzz(evidence, POLICY)
    assert.equal(verdict, 'pass', reason)
  })

  void test('is the same for the same job', async () => {
    const [first, second] = [await runJob(await jobOf(), SILENT), await runJob(await jobOf(), SILENT)]
    assert.deepEqual(first, second)
    assert.notDeepEqual(first, await runJob(await jobOf({ seed: 4 }), SILENT))
  })
})

const folder = await mkdtemp(join(tmpdir(), 'firebreak-fuzz-test-'))
after(() => rm(folder, { recursive: true, force: true }))

void test('what ends a process is found, with its input', async () => {
  const entry = join(folder, 'deadly.ts')
  await writeFile(
    entry,
    'export const createTarget = () => (input) => { if (input[0] === 7) process.exit(9); return true }',
  )
  const worker = new WorkerProcess()
  try {
    const outcome = await worker.run(
      { ...(await jobOf({ target: { entry }, seeds: [Uint8Array.of(1, 2)], executions: 20_000 })) },
      () => {},
    )
    assert.equal(outcome.kind, 'died')
    assert.equal(outcome.kind === 'died' && outcome.input[0], 7)
    assert.equal(outcome.kind === 'died' && outcome.how, 'exit code 9')
    const next = await worker.run(await jobOf({ executions: 100 }), () => {})
    assert.equal(next.kind, 'done', 'another process takes its place')
  } finally {
    worker.end()
  }
})

void test('a target that can not be made is a fault, and no finding', async () => {
  const entry = join(folder, 'broken.ts')
  await writeFile(entry, "import { nothing } from './nowhere.ts'\nexport const createTarget = nothing")
  const worker = new WorkerProcess()
  try {
    const outcome = await worker.run(await jobOf({ target: { entry } }), () => {})
    assert.equal(outcome.kind, 'fault')
  } finally {
    worker.end()
  }
})

void test('old inputs are run first, and found again', async () => {
  const entry = join(folder, 'old.ts')
  const text =
    "export const createTarget = () => (input) => { if (input.length === 333) throw new Error('again'); return true }"
  await writeFile(entry, text)
  const { findings } = await runJob(
    await jobOf({ target: { entry }, seeds: [], regressions: [new Uint8Array(333)], executions: 10 }),
    SILENT,
  )
  assert.equal(findings[0]?.code, 'undeclared-error')
  assert.equal(findings[0]?.input.length, 333)
})

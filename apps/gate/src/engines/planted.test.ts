import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type EngineRun, type ExecutionTask, judgeExecutions } from '@firebreak/gate'
import { archivePath, ENGINES_FOLDER, indexPath, type KeptBuild, readBuildIndex } from './build-index.ts'
import { type EnginePlaces, type OpenedEngine, openEngines } from './open-engines.ts'
import { runEngine } from './run-engine.ts'
import { PATIENCE_VARIABLE, PLANTED_VERSION, plantBuild } from './testing/planted-build.ts'
import { eventOf, RULE, smallTask } from './testing/small-task.ts'

const FUEL = { fuelPerEventMax: 100 }

let folder: string
let places: EnginePlaces & { readonly build: KeptBuild }
let planted: OpenedEngine

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firebreak-planted-'))
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled') // half the work of all but the first processes
  places = await plantBuild(folder)
  const { engines, missing } = await openEngines([PLANTED_VERSION], places)
  assert.deepEqual(missing, [])
  assert.equal(engines.length, 1)
  planted = engines[0] as OpenedEngine
})
after(() => rm(folder, { recursive: true, force: true }))

async function runOf(
  ...commands: readonly string[]
): Promise<{ readonly task: ExecutionTask; readonly run: EngineRun }> {
  const corpus = { name: 'attack', events: commands.map(eventOf) }
  const task = smallTask([corpus])
  const events = [...task.cases.map(({ event }) => event), ...corpus.events]
  return { task, run: await runEngine(planted, task.image, events, { inputs: [] }) }
}

/** An engine that answers as it must, for comparison: what a sound one says of the same events. */
function sound({ engine, ...rest }: EngineRun, fired: readonly boolean[]): EngineRun {
  const verdicts = fired.map((fires, caseIndex) => {
    return { caseIndex, firedRuleIds: fires ? [RULE] : [], work: { nodeVisits: 1, predicateEvaluations: 1 } }
  })
  const result = { kind: 'ran', engineVersion: '1.3.0', verdicts } as const
  return { ...rest, engine: { ...engine, version: '1.3.0' }, result }
}

test('an engine that is sound answers each event, in its sandbox, with the work that it took', async () => {
  const { task, run } = await runOf('planted', 'other')
  assert.equal(run.result.kind, 'ran')
  const { engineVersion, verdicts } = run.result
  assert.equal(engineVersion, PLANTED_VERSION)
  assert.deepEqual(
    verdicts.map(({ firedRuleIds }) => firedRuleIds.length),
    [1, 0, 1, 0],
  )
  assert.deepEqual(verdicts[0]?.work, { nodeVisits: 2, predicateEvaluations: 1 })
  if (process.platform === 'linux') assert.ok(run.sandbox?.active.includes('seccomp'))
  const check = judgeExecutions(
    { tasks: [{ task, runs: [run, sound(run, [true, false, true, false])] }], missing: [] },
    FUEL,
  )
  assert.equal(check.verdict, 'pass', check.reason)
})

test('an engine whose verdict differs on one event fails, with the event', async () => {
  const { task, run } = await runOf('planted', 'planted drop')
  const check = judgeExecutions(
    { tasks: [{ task, runs: [run, sound(run, [true, false, true, true])] }], missing: [] },
    FUEL,
  )
  assert.deepEqual(
    check.findings.map(({ code, input }) => [code, input]),
    [['gate/verdicts-differ', JSON.stringify(eventOf('planted drop'))]],
  )
  assert.equal(check.verdict, 'fail')
})

const misbehaviours: readonly (readonly [command: string, verdict: string, code: string])[] = [
  ['abort', 'fail', 'gate/engine-trapped'],
  ['throw', 'fail', 'gate/engine-trapped'],
  ['twice', 'fail', 'gate/engine-lied'],
  ['lie', 'fail', 'gate/two-answers'],
  ['hang', 'inconclusive', 'gate/engine-silent'],
]
for (const [command, verdict, code] of misbehaviours) {
  test(`an engine made to ${command}: ${verdict}, ${code}`, async () => {
    const bad = `planted ${command}`
    if (command === 'hang') process.env[PATIENCE_VARIABLE] = '2000'
    const { task, run } = await runOf('planted', bad, 'planted behind')
    delete process.env[PATIENCE_VARIABLE]
    const check = judgeExecutions({ tasks: [{ task, runs: [run] }], missing: [] }, FUEL)
    assert.equal(check.verdict, verdict, check.reason)
    const found = check.findings.find((one) => one.code === code)
    assert.ok(found, check.reason)
    const isOfOneEvent = !['lie', 'twice'].includes(command)
    if (isOfOneEvent) assert.equal(found.input, JSON.stringify(eventOf(bad)))
  })
}

test('an engine that is not kept, and one whose archive is gone or not what the index says, is missing', async () => {
  const path = archivePath(places.enginesFolder, places.build)
  const whole = await readFile(path)
  const changed = Buffer.from(whole)
  changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 1, changed.length >> 1)
  const [other] = await readBuildIndex()
  assert.ok(other)
  const archives: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['a changed byte', changed],
    ['cut off', whole.subarray(0, whole.length - 1)],
    ['empty', new Uint8Array(0)],
    ['the archive of another engine', await readFile(archivePath(ENGINES_FOLDER, other))],
  ]
  for (const [name, bytes] of archives) {
    await writeFile(path, bytes)
    const { engines, missing } = await openEngines([PLANTED_VERSION], places)
    assert.deepEqual([engines.length, missing.map(({ version }) => version)], [0, [PLANTED_VERSION]], name)
  }
  await unlink(path)
  assert.equal((await openEngines([PLANTED_VERSION], places)).missing.length, 1)
  await writeFile(path, whole)
  const { missing } = await openEngines(['0.9.0'], places)
  assert.deepEqual(missing, [{ version: '0.9.0', reason: 'no build of it is kept in engines/' }])
  await writeFile(indexPath(places.enginesFolder), '{}')
  const all = await openEngines('all', places)
  assert.deepEqual(all.missing.length, 1, 'that nobody knows which engines there are is a gap, too')
})

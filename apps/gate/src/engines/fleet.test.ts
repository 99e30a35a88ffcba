import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compilePack, parsePack, verifyImage } from '@firebreak/content'
import { ENGINE_VERSION } from '@firebreak/detect'
import { checkContracts, executionCases, type ExecutionTask, fuelOf, judgeExecutions } from '@firebreak/gate'
import type { InputKind } from '@firebreak/inputs'
import { readPackFolder } from '@firebreak/pack-folder'
import { ENGINES_FOLDER } from './build-index.ts'
import { gatherExecutions } from './gather.ts'
import { openEngines, type OpenedEngines } from './open-engines.ts'
import { runEngine } from './run-engine.ts'
import { eventOf, smallTask } from './testing/small-task.ts'

const STARTER_PACK = fileURLToPath(new URL('../../../../content/linux-baseline', import.meta.url))
const FUEL = { fuelPerEventMax: 10_000 }
const OLDER = ['1.1.0', '1.2.0']

let cacheFolder: string
let fleet: OpenedEngines

before(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'firebreak-fleet-'))
  process.env['NODE_COMPILE_CACHE'] ??= join(cacheFolder, 'compiled') // half the work of all but the first processes
  fleet = await openEngines('all', { enginesFolder: ENGINES_FOLDER, cacheFolder })
})
after(() => rm(cacheFolder, { recursive: true, force: true }))

test('the current engine and two older ones are kept, each whole and in a sandbox', () => {
  assert.deepEqual(fleet.missing, [])
  assert.deepEqual(
    fleet.engines.map(({ build }) => build.version),
    [...OLDER, ENGINE_VERSION],
  )
  assert.equal(new Set(fleet.engines.map(({ build }) => build.digest)).size, 3)
  if (process.platform !== 'linux') return
  for (const { sandbox } of fleet.engines) assert.ok(sandbox?.active.includes('seccomp'), JSON.stringify(sandbox))
})

test('the starter pack runs in every engine of the fleet, as its tests say, alike', async () => {
  const pack = parsePack(await readPackFolder(STARTER_PACK))
  const { image } = compilePack(pack)
  const task: ExecutionTask = {
    name: 'tests',
    image,
    minimumEngine: pack.manifest?.minimumEngine ?? '',
    cases: executionCases(pack),
    corpora: [],
    ruleIds: pack.rules.map(({ id }) => id),
    correlationIds: pack.correlations.map(({ id }) => id),
  }
  const builds = fleet.engines.map(({ build }) => build)
  const contract = checkContracts(verifyImage(image), builds, [])
  assert.equal(contract.verdict, 'pass', contract.reason)
  const seen: string[] = []
  const evidence = await gatherExecutions(fleet, [task], { inputs: [] }, (done, of) => seen.push(`${done}/${of}`))
  assert.deepEqual(seen, ['1/3', '2/3', '3/3'])
  const check = judgeExecutions(evidence, FUEL)
  assert.equal(check.verdict, 'pass', check.reason)
  // What the index says that they tell is what they tell.
  const [runs] = evidence.tasks.map((one) => one.runs)
  const fuel = runs?.map(({ result }) => {
    assert.equal(result.kind, 'ran')
    return Math.max(...result.verdicts.map(({ work }) => (work === undefined ? 0 : fuelOf(work))))
  })
  assert.deepEqual(
    fuel?.map((most) => most > 0),
    [false, false, true],
  )
})

test('engines older than the pack asks for refuse it, each in its own words', async () => {
  const task = smallTask([{ name: 'benign', events: [eventOf('planted')] }], ENGINE_VERSION)
  const evidence = await gatherExecutions(fleet, [task], { inputs: [] })
  const check = judgeExecutions(evidence, FUEL)
  assert.equal(check.verdict, 'pass', check.reason)
  const [runs] = evidence.tasks.map((one) => one.runs)
  assert.deepEqual(
    runs?.map(({ engine, result }) => [engine.version, result.kind === 'failed' ? result.code : result.kind]),
    [...OLDER.map((version) => [version, 'detect/engine-too-old']), [ENGINE_VERSION, 'ran']],
  )
})

test('an event that does not say what it is is taken by the oldest engine as by the newest', async () => {
  const fields = { CommandLine: 'planted', Flag: true, Count: 3, None: null }
  const bare = { category: null, product: null, timeMs: 0, fields }
  const { image } = smallTask()
  for (const engine of [fleet.engines.at(0), fleet.engines.at(-1)]) {
    assert.ok(engine)
    const { result } = await runEngine(engine, image, [bare], { inputs: [] })
    assert.deepEqual(result.kind === 'ran' && result.verdicts.map(({ firedRuleIds }) => firedRuleIds), [[]])
  }
})

test('what inputs supply counts in builds that take inputs, and in no other', async () => {
  const { image } = smallTask([], '1.0.0', 'windows')
  const inputs: readonly InputKind[] = [{ format: 'sysmon-windows', supplies: [] }]
  const answers = fleet.engines.slice(0, 2).map(async (engine) => {
    const { result } = await runEngine(engine, image, [eventOf('planted')], { inputs })
    return [engine.build.version, result.kind === 'failed' ? result.code : result.kind]
  })
  assert.deepEqual(await Promise.all(answers), [
    ['1.1.0', 'detect/unsupplied-source'],
    ['1.2.0', 'ran'],
  ])
})

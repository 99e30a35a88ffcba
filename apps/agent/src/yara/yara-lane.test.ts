import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { describeSandbox, probeSandbox } from '@firebreak/linux'
import { type FileResult, LANE_LIMITS, type LaneLimits, YaraLane } from './yara-lane.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')
const RULES = `rule found { strings: $a = "needle" condition: $a }
rule endless { strings: $a = "endless" condition: $a and
  for all i in (0..100000000000) : (i >= 0 and for all j in (0..1000000) : (j >= 0)) }`
const support = probeSandbox()
const skip = support.tier === 'none' ? describeSandbox(support) : false
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'firebreak-yara-lane-'))
after(() => fs.rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const place = path.join(folder, name)
  fs.writeFileSync(place, content)
  return place
}

async function laneOf(context: TestContext, entry: string, limits: Partial<LaneLimits> = {}, text = RULES) {
  const results: FileResult[] = []
  const lane = new YaraLane({
    entry: path.join(import.meta.dirname, entry),
    readFolders: [REPOSITORY],
    sources: [{ name: 'yara/a.yar', text }],
    limits: { ...LANE_LIMITS, timeMs: 200, cpuMsPerMinute: 60_000, ...limits },
    onResult: (result) => results.push(result),
  })
  context.after(() => lane.stop())
  const ready = await lane.start()
  return { lane, results, ready, said: () => results.splice(0).map(describe) }
}

function describe(result: FileResult): string {
  const name = path.basename(result.path)
  if (result.kind === 'skipped') return `${name}: ${result.reason}`
  return `${name}: [${result.verdict.matches.map(({ rule }) => rule).join(' ')}]${result.remembered ? ' again' : ''}`
}

test('files are scanned, and what can’t be says why', async (context) => {
  const { lane, said, ready } = await laneOf(context, 'main.ts', { fileBytesMax: 100_000 })
  assert.deepEqual(ready, { files: 1, problems: [] })
  const needle = file('needle', 'a needle')
  for (const one of [needle, file('plain', 'hay'), file('empty', ''), file('huge', Buffer.alloc(100_001)), folder]) {
    lane.submit(one)
  }
  lane.submit(path.join(folder, 'deleted'))
  await lane.idle()
  lane.submit(needle)
  await lane.idle()
  assert.deepEqual(said(), [
    'needle: [found]',
    'plain: []',
    'empty: []',
    'huge: too-large',
    `${path.basename(folder)}: not-a-file`,
    'deleted: gone',
    'needle: [found] again',
  ])
  const { scanned, matched, remembered, skipped } = lane.counts()
  assert.deepEqual([scanned, matched, remembered], [4, 2, 1])
  assert.deepEqual([skipped['too-large'], skipped['not-a-file'], skipped.gone], [1, 1, 1])
})

test('a rule that never ends costs its file, once, and the next file is scanned', async (context) => {
  const { lane, said } = await laneOf(context, 'main.ts')
  const endless = file('endless', 'endless')
  lane.submit(endless)
  lane.submit(file('behind', 'a needle'))
  await lane.idle()
  lane.submit(endless)
  await lane.idle()
  assert.deepEqual(said(), ['endless: timed-out', 'behind: [found]', 'endless: timed-out'])
  assert.equal(lane.counts().restarts, 1)
})

test('rules that do not compile are named with their place', async (context) => {
  const { ready } = await laneOf(context, 'main.ts', {}, 'rule a {\n  condition: nothing\n}')
  assert.ok(typeof ready === 'object')
  assert.deepEqual(
    ready.problems.map(({ file: name, line, column }) => `${name}:${line}:${column}`),
    ['yara/a.yar:2:14'],
  )
})

test('10,000 files: those beyond the queue are turned away and counted, none is lost', async (context) => {
  const { lane, said } = await laneOf(context, 'main.ts', { filesMax: 1_000 })
  for (let i = 0; i < 10_000; i++) lane.submit(path.join(folder, `missing-${i}`))
  await lane.idle()
  const { skipped } = lane.counts()
  assert.equal(said().length, 10_000)
  assert.equal(skipped.gone + skipped['queue-full'], 10_000)
  assert.ok(skipped.gone >= 1_000)
})

test('whatever a lane answers, it costs the file in hand and nothing behind it', async (context) => {
  const { lane, said } = await laneOf(context, 'testing/hostile-lane.ts')
  const commands = [
    'abort',
    'exit',
    'wrong-sequence',
    'wrong-shape',
    'too-many-matches',
    'oversized',
    'not-a-lane',
    'garbage',
  ]
  for (const command of commands) {
    lane.submit(file(command, `command:${command}`))
    lane.submit(file(`after-${command}`, `a needle after ${command}`))
  }
  await lane.idle()
  assert.deepEqual(
    said(),
    commands.flatMap((command) => [`${command}: lane-died`, `after-${command}: [found]`]),
  )
})

test('a lane that floods is ended at the first answer too many', async (context) => {
  const { lane, said } = await laneOf(context, 'testing/hostile-lane.ts')
  lane.submit(file('flood', 'command:flood'))
  lane.submit(file('behind-flood', 'a needle'))
  lane.submit(file('behind-that', 'a needle more'))
  await lane.idle()
  const [first, ...rest] = said()
  assert.equal(first, 'flood: [flood]') // one answer is what it was asked for
  assert.equal(rest.at(-1), 'behind-that: [found]')
  assert.ok(lane.counts().restarts >= 1)
})

test('a lane that is killed while it scans is replaced', async (context) => {
  const { lane, said } = await laneOf(context, 'testing/hostile-lane.ts', { timeMs: 60_000 })
  const { pid } = lane
  assert.ok(pid !== null)
  lane.submit(file('loop', 'command:loop'))
  lane.submit(file('behind-loop', 'a needle'))
  process.kill(pid, 'SIGKILL')
  await lane.idle()
  assert.deepEqual(said().at(-1), 'behind-loop: [found]')
  assert.equal(lane.counts().restarts, 1)
  assert.notEqual(lane.pid, pid)
})

test('a lane that hangs is ended by the watchdog', async (context) => {
  const { lane, said } = await laneOf(context, 'testing/hostile-lane.ts')
  lane.submit(file('hang', 'command:loop'))
  await lane.idle()
  assert.deepEqual(said(), ['hang: timed-out'])
})

test('the lane reaches no file, socket or child', { skip }, async (context) => {
  const { lane, results } = await laneOf(context, 'testing/hostile-lane.ts')
  lane.submit(file('probe', 'command:probe'))
  await lane.idle()
  const [result] = results
  assert.ok(result?.kind === 'scanned')
  const outcomes = result.verdict.matches.map(({ rule }) => rule)
  assert.deepEqual(outcomes, ['open EPERM', 'open own code EPERM', 'socket EPERM', 'child EPERM'])
})

test('over its budget the queue stands still, and says so to those it turns away', async (context) => {
  const { lane, said } = await laneOf(context, 'main.ts', { cpuMsPerMinute: 1, filesMax: 1 })
  const offers = ['one', 'two'].map((name) => lane.submit(file(name, name)))
  assert.deepEqual(offers, ['queued', 'over-budget'])
  assert.deepEqual(said(), ['two: over-budget'])
})

test('a lane that never comes up is tried three times and then left alone; every file is counted', async (context) => {
  const { lane, ready } = await laneOf(context, 'testing/no-such-lane.ts')
  assert.equal(ready, 'lane-died')
  for (let i = 0; i < 20; i++) lane.submit(file(`unlucky-${i}`, 'a needle'))
  await lane.idle()
  const { skipped, restarts } = lane.counts()
  assert.deepEqual([skipped['lane-died'], restarts], [20, 2])
})

test('what is submitted to a lane that has stopped changes nothing', async (context) => {
  const { lane, said } = await laneOf(context, 'main.ts')
  await lane.stop()
  lane.submit(file('late', 'a needle'))
  await lane.idle()
  assert.deepEqual(said(), [])
})

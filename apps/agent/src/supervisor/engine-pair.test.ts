import assert from 'node:assert/strict'
import { test } from 'node:test'
import { events, imageOf, imageOutOfContract, type TestImage, tuningWithout } from '../testing/images.ts'
import { good, hostile, imagesOf, newer, PairBench, range } from '../testing/pair-bench.ts'
import {
  ACTIVATION_CRASH_VERSION,
  GOOD_VERSION,
  HOSTILE_VERSION,
  LOAD_CRASH_VERSION,
  POLLUTING_VERSION,
} from '../testing/versions.ts'
import { RANK } from '@firebreak/api'
import type { Tuning } from './engine-seat.ts'

const loadCrash = imageOf(LOAD_CRASH_VERSION)
const activationCrash = imageOf(ACTIVATION_CRASH_VERSION)
const polluting = imageOf(POLLUTING_VERSION)
const foreign = imageOutOfContract('5.0.0')
const changed = { ...newer, slot: { ...newer.slot, imageDigest: 'e'.repeat(64) }, bytes: flipped(newer.bytes) }
const images = imagesOf(good, newer, hostile, loadCrash, activationCrash, polluting, foreign, changed)

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[40] = (copy[40] ?? 0) ^ 1
  return copy
}

const MISBEHAVIOUR: readonly (readonly [command: string, code: string])[] = [
  ['abort', 'engine/died'],
  ['throw', 'engine/died'],
  ['exit', 'engine/died'],
  ['loop', 'watchdog/cpu'],
  ['reply-flood', 'engine/bad-reply'],
  ['tiny-frames', 'engine/bad-reply'],
  ['four-gigabytes', 'engine/bad-reply'],
  ['partial-reply', 'watchdog/silent'],
  ['silence', 'watchdog/silent'],
  ['oversized', 'engine/bad-reply'],
  ['more-than-asked', 'engine/bad-reply'],
  ['wrong-count', 'engine/bad-reply'],
  ['no-line-end', 'engine/bad-reply'],
  ['unknown-batch', 'engine/bad-reply'],
  ['garbage', 'engine/bad-reply'],
  ['load-again', 'engine/bad-reply'],
  ['refuse-late', 'engine/bad-reply'],
  ['not-an-engine', 'engine/bad-reply'],
]

test('whatever a candidate does, each event gets one verdict, in order, from the standby', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  let next = 0
  for (const [command, code] of MISBEHAVIOUR) {
    bench.told.length = 0
    bench.pair.tryCandidate(hostile.slot)
    await bench.heard(`active ${HOSTILE_VERSION}`)
    const [before, at, after] = [range(next, next + 5), [next + 5], range(next + 6, next + 40)]
    next += 40
    bench.order.length = 0
    for (const number of before) bench.submit([number])
    bench.submit(at, command)
    for (const number of after) bench.submit([number])
    await bench.heard(`died ${HOSTILE_VERSION} ${code}`)
    await bench.sawAll([...before, ...at, ...after])
    assert.deepEqual(bench.order, range(next - 40, next), command)
    await bench.heard('recovered')
    assert.equal(bench.pair.running?.image, good.slot)
    assert.equal(bench.pair.running.trial, false)
    await bench.until('a standby', () => bench.pair.hasStandby)
  }
  assert.equal(Math.max(...bench.seen.values()), 1)
  assert.equal(bench.pair.counters.eventsDropped, 0)
  assert.equal(bench.gaps.length, MISBEHAVIOUR.length)
  context.diagnostic(`failover, by misbehaviour, ms: ${bench.gaps.map((gap) => Math.ceil(gap)).join(' ')}`)
})

test('events that kill engines are put aside and counted; those behind them are judged', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.submit([1])
  bench.submit([2, 3], 'poison')
  for (const number of range(5, 30)) bench.submit([number])
  await bench.sawAll([1, ...range(5, 30)])
  assert.deepEqual([bench.pair.counters.eventsDropped, bench.pair.counters.eventsQuarantined], [2, 2])
  assert.equal(bench.told.filter((what) => what === 'confirmed died').length, 2)
  assert.equal(Math.max(...bench.seen.values()), 1)
})

test('malformed events are counted, and kill nobody', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  const good = events(range(100, 107))
  const cut = events(range(200, 207)).subarray(0, -1)
  const malformed = [Buffer.from(''), Buffer.from('[{}]'), Buffer.alloc(1_000), cut, good.with(4, 9), good.with(16, 8)]
  for (const payload of malformed) bench.pair.submit(payload, 7, RANK.process)
  bench.pair.submit(good, 6, RANK.process) // not what the header of the frame says
  bench.submit([1])
  await bench.sawAll([1])
  assert.equal(bench.pair.counters.eventsDropped, malformed.length * 7 + 6)
  assert.equal(bench.pair.restarts, 0)
})

test('what floods is bounded: the least valuable of what waits is dropped and counted', async (context) => {
  const bench = new PairBench(context, images)
  const padding = 'x'.repeat(1024 * 1024)
  for (let i = 0; i < 20; i++) bench.pair.submit(Buffer.from(JSON.stringify([padding])), 1, RANK.file)
  bench.submit([1])
  assert.ok(bench.pair.counters.eventsDropped >= 4)
  await bench.warm()
  await bench.sawAll([1])
})

const REFUSALS: readonly (readonly [name: string, image: TestImage, told: RegExp])[] = [
  ['a field that the engine does not supply', foreign, /refused 5\.0\.0 detect\/unsupplied-field/],
  ['a changed byte', changed, /refused 1\.1\.0 content\/image-/],
  ['a crash while it is loaded', loadCrash, /died 3\.0\.0 engine\/died/],
  ['a crash when it is activated', activationCrash, /died 4\.0\.0 engine\/died/],
  ['an answer that reaches for prototypes', polluting, /died 6\.0\.0 engine\/bad-reply/],
]

for (const [name, image, told] of REFUSALS) {
  for (const hasConfirmed of [true, false]) {
    test(`${name}, ${hasConfirmed ? 'over a confirmed image' : 'on a first install'}`, async (context) => {
      const bench = new PairBench(context, images)
      if (hasConfirmed) await bench.warm()
      bench.pair.tryCandidate(image.slot)
      await bench.until('an end', () => told.test(bench.told.join()))
      assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
      bench.pair.endTrial()
      bench.submit([1])
      if (hasConfirmed) {
        await bench.sawAll([1])
        await bench.until('a standby', () => bench.pair.hasStandby)
        return
      }
      assert.equal(bench.pair.running, null)
      bench.pair.runConfirmed(good.slot) // what waited is judged by the first image that is good
      await bench.sawAll([1])
      assert.equal(bench.told.includes('recovered'), false)
    })
  }
}

test('a trial that passes: the candidate stays and gets a standby of its own', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.pair.tryCandidate(newer.slot)
  await bench.heard('active 1.1.0')
  assert.deepEqual(bench.pair.running, { image: newer.slot, trial: true, tuningDigest: null })
  bench.submit([1])
  await bench.sawAll([1])
  bench.pair.keepCandidate(newer.slot)
  assert.deepEqual(bench.pair.running, { image: newer.slot, trial: false, tuningDigest: null })
  await bench.until('a standby', () => bench.pair.hasStandby)
  const [active = 0] = bench.pair.pids
  process.kill(active, 'SIGKILL')
  bench.submit([2])
  await bench.sawAll([2])
  assert.equal(bench.pair.running.image.version, '1.1.0')
})

test('the candidate is recalled while it loads, and at once', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.pair.tryCandidate(newer.slot)
  bench.pair.endTrial() // its bytes are being read
  bench.pair.tryCandidate(newer.slot)
  await bench.until('an engine that loads', () => bench.pair.pids.length === 3)
  bench.pair.endTrial()
  bench.submit([1])
  await bench.sawAll([1])
  await bench.until('two engines', () => bench.pair.pids.length === 2)
  assert.equal(bench.pair.running?.image, good.slot)
  assert.deepEqual(bench.told, [])
})

test('the confirmed image is recalled in the middle of a trial: the trial goes on', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.pair.tryCandidate(newer.slot)
  bench.pair.runConfirmed(hostile.slot) // while it loads
  await bench.heard('active 1.1.0')
  await bench.until('a standby', () => bench.pair.hasStandby)
  bench.pair.runConfirmed(null)
  assert.deepEqual(bench.pair.running, { image: newer.slot, trial: true, tuningDigest: null })
  bench.pair.runConfirmed(good.slot)
  bench.pair.endTrial()
  await bench.runs(good)
  bench.submit([1])
  await bench.sawAll([1])
})

test('a confirmed image that is damaged is reported, and what waits is judged by the next', async (context) => {
  const bench = new PairBench(context, images)
  bench.missing.add(GOOD_VERSION)
  bench.submit([1])
  bench.pair.runConfirmed(good.slot)
  await bench.heard('damaged 1.0.0')
  bench.pair.runConfirmed(newer.slot)
  await bench.sawAll([1])
})

test('nothing is confirmed any more: nothing runs, and events wait', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.pair.runConfirmed(null)
  assert.equal(bench.pair.running, null)
  bench.submit([1])
  bench.pair.runConfirmed(good.slot)
  await bench.sawAll([1])
})

test('a new tuning takes over between two events, in both engines, and none is lost', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  const tuned = async (tuning: Tuning | null): Promise<void> => {
    bench.pair.useTuning(tuning)
    const digest = tuning?.digest ?? null
    await bench.until('the tuning', () => bench.pair.running?.tuningDigest === digest && bench.pair.hasStandby)
  }
  const quiet = tuningWithout('7')
  for (const number of range(100, 130)) bench.submit([number])
  const taken = tuned(quiet)
  for (const number of range(130, 160)) bench.submit([number])
  await taken
  await bench.sawAll(range(100, 160))
  bench.submit([7])
  bench.submit([8])
  await bench.sawAll([8])
  for (const pid of bench.pair.pids) process.kill(pid, 'SIGKILL')
  bench.submit([7])
  bench.submit([9])
  await bench.sawAll([9])
  assert.equal(bench.seen.has(7), false)
  await tuned(null)
  bench.submit([7])
  await bench.sawAll([7])
  assert.equal(Math.max(...bench.seen.values()), 1)
  assert.equal(bench.pair.counters.eventsDropped, 0)
})

test('a tuning that an engine refuses is told, and the image runs without it', async (context) => {
  const bench = new PairBench(context, images)
  bench.pair.useTuning({ digest: 'f'.repeat(64), bytes: Uint8Array.of(1, 2, 3) })
  await bench.warm()
  await bench.heard('tuning refused content/image-truncated')
  bench.submit([7])
  await bench.sawAll([7])
})

test('a candidate in trial is tuned too, and keeps what it judges when the tuning changes meanwhile', async (context) => {
  const bench = new PairBench(context, images)
  await bench.warm()
  bench.pair.tryCandidate(newer.slot)
  await bench.heard('active 1.1.0')
  const quiet = tuningWithout('7')
  bench.pair.useTuning(quiet)
  await bench.until('a tuned standby', () => bench.pair.hasStandby)
  assert.deepEqual(bench.pair.running, { image: newer.slot, trial: true, tuningDigest: null })
  bench.pair.keepCandidate(newer.slot)
  await bench.until('the tuning', () => bench.pair.running?.tuningDigest === quiet.digest)
  assert.equal(bench.pair.running?.image, newer.slot)
})

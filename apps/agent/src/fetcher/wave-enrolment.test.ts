import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBytes, parseJson } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { EngineUseMeter } from './engine-use.ts'
import { firstSeenMs, NOTHING_SEEN, sawReleases, SEEN_RELEASES_MAX, seenReleases, timeSeen } from './seen-releases.ts'
import {
  countSince,
  hasNews,
  type SeenOfHost,
  takePart,
  takenPart,
  takesPartIn,
  waveEnrolmentOf,
} from './wave-enrolment.ts'

const DIGEST = 'a'.repeat(64)
const WAVE = { imageDigest: DIGEST, wave: 3, arm: 'exposed' } as const
const FIRST: SeenOfHost = {
  bootId: 'one',
  starts: 4,
  engineRestarts: 7,
  detections: 100,
  clockMs: 50_000,
  wallMs: 1_000_000,
}
const use = (cpuPpm: number, memoryKiB: number) => ({ cpuPpm, memoryKiB })

test('what happened before a host took part does not count, what comes after does', () => {
  const started = takePart(WAVE, FIRST)
  const quiet = waveEnrolmentOf(countSince(started, FIRST, null))
  assert.deepEqual(Object.values(quiet).slice(2), [0, 0, 0, 0, 0, 0])
  const later = { ...FIRST, engineRestarts: 9, detections: 103, clockMs: 65_000, wallMs: 1_015_000 }
  const { sinceMs, engineRestarts, detections, reboots } = waveEnrolmentOf(countSince(started, later, null))
  assert.deepEqual([sinceMs, engineRestarts, detections, reboots], [15_000, 2, 3, 0])
})

test('counters of an agent that started again begin at zero, and nothing is counted twice', () => {
  const before = countSince(takePart(WAVE, FIRST), { ...FIRST, engineRestarts: 8, detections: 110 }, null)
  const restarted = { ...FIRST, starts: 5, engineRestarts: 2, detections: 1 }
  const after = countSince(before, restarted, null)
  assert.deepEqual([after.engineRestarts, after.detections], [3, 11])
  assert.deepEqual([countSince(after, restarted, null).engineRestarts, after.reboots], [3, 0])
})

const CLOCKS: readonly (readonly [name: string, next: Partial<SeenOfHost>, sinceMs: number, reboots: number])[] = [
  ['within a boot the wall clock does not matter', { clockMs: 60_000, wallMs: 9_000_000 }, 10_000, 0],
  ['nor does one that was set back', { clockMs: 60_000, wallMs: 0 }, 10_000, 0],
  ['a clock that stands still', {}, 0, 0],
  ['a monotonic clock that is not one', { clockMs: 10 }, 0, 0],
  ['a reboot: by the wall clock', { bootId: 'two', clockMs: 5_000, wallMs: 1_090_000 }, 90_000, 1],
  ['a reboot with a lost clock: at least since the boot', { bootId: 'two', clockMs: 5_000, wallMs: 0 }, 5_000, 1],
  ['a boot that is not known is no reboot', { bootId: 'unknown', clockMs: 60_000 }, 10_000, 0],
]
for (const [name, next, sinceMs, reboots] of CLOCKS) {
  test(`how long ago: ${name}`, () => {
    const part = countSince(takePart(WAVE, FIRST), { ...FIRST, ...next }, null)
    assert.deepEqual([part.sinceMs, part.reboots], [sinceMs, reboots])
  })
}

test('a peak stays, whatever comes after it', () => {
  let part = takePart(WAVE, FIRST)
  for (const one of [use(10, 900), use(400, 100), null, use(20, 200)]) part = countSince(part, FIRST, one)
  assert.deepEqual([part.engineCpuPpmPeak, part.engineMemoryKiBPeak], [400, 900])
})

test('enrolling in another wave is news, also when nothing was counted in either', () => {
  const part = takePart(WAVE, FIRST)
  assert.ok(hasNews(part, takePart({ ...WAVE, wave: 4 }, FIRST)))
  assert.ok(!hasNews(part, countSince(part, { ...FIRST, clockMs: 60_000 }, null)))
})

test('the same wave on the other side is another part', () => {
  const part = takePart(WAVE, FIRST)
  assert.ok(takesPartIn(part, WAVE))
  for (const other of [{ wave: 4 }, { arm: 'control' as const }, { imageDigest: 'b'.repeat(64) }]) {
    assert.ok(!takesPartIn(part, { ...WAVE, ...other }))
  }
  assert.ok(!takesPartIn(null, WAVE))
})

test('whatever a host goes through: counts never fall, a file says all of it, and news are news', () => {
  const step = fc.record({
    reboots: fc.boolean(),
    restarts: fc.boolean(),
    engineRestarts: fc.nat(5),
    detections: fc.nat(50),
    passedMs: fc.nat(100_000),
    wallMs: fc.nat(10_000_000),
    cpuPpm: fc.option(fc.nat(2_000_000)),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let part = takePart(WAVE, FIRST)
      let host = FIRST
      let [restarts, detections, boots] = [0, 0, 0]
      for (const one of steps) {
        const isNewRun = one.reboots || one.restarts
        const from = isNewRun ? { engineRestarts: 0, detections: 0 } : host
        host = {
          bootId: one.reboots ? `${host.bootId}+` : host.bootId,
          starts: host.starts + (isNewRun ? 1 : 0),
          engineRestarts: from.engineRestarts + one.engineRestarts,
          detections: from.detections + one.detections,
          clockMs: one.reboots ? one.passedMs : host.clockMs + one.passedMs,
          wallMs: one.wallMs,
        }
        ;[restarts, detections, boots] = [restarts + one.engineRestarts, detections + one.detections, boots + (one.reboots ? 1 : 0)] // prettier-ignore
        const before = part
        const read = takenPart(parseJson(jsonBytes(before), 4_096, 'part'), 'part')
        part = countSince(read, host, one.cpuPpm === null ? null : use(one.cpuPpm, 1))
        assert.ok(part.sinceMs >= before.sinceMs + (one.reboots ? 0 : one.passedMs))
        assert.ok(hasNews(before, part) || one.engineRestarts + one.detections === 0)
      }
      assert.deepEqual([part.engineRestarts, part.detections, part.reboots], [restarts, detections, boots])
      assert.equal(part.isAcknowledged, false)
    }),
  )
})

test('what an engine uses is measured over ten seconds, and not while it starts', () => {
  const meter = new EngineUseMeter()
  const engine = (pid: number, cpuMs: number, memoryKiB = 100) => ({ pid, cpuMs, memoryKiB })
  assert.equal(meter.take(null, 0), false)
  assert.equal(meter.take(engine(1, 900), 1_000), false) // it took so much to load
  assert.equal(meter.take(engine(1, 1_000), 6_000), false)
  assert.equal(meter.take(engine(1, 1_900, 200), 11_000), true)
  assert.deepEqual(meter.measured, use(100_000, 200))
  assert.equal(meter.take(engine(2, 5_000), 30_000), false) // another process
  assert.equal(meter.take(engine(2, 5_000), 50_000), true)
  assert.deepEqual(meter.measured, use(0, 100))
  meter.take(null, 60_000)
  assert.deepEqual(meter.measured, use(0, 100))
})

test('a release is first seen once, and time never goes back', () => {
  const digests = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => (from + i).toString(16).padStart(64, '0'))
  let seen = sawReleases(NOTHING_SEEN, digests(0, 2), 1_000, 1)
  assert.deepEqual([firstSeenMs(seen, digests(0, 1)[0] ?? ''), firstSeenMs(seen, DIGEST)], [1_000, null])
  const same = sawReleases(seen, digests(0, 2), 2_000, 1)
  assert.equal(same, seen, 'nothing new costs no write')
  assert.equal(sawReleases(seen, digests(0, 3), 500, 1), seen, 'by a clock that was set back no delay begins')
  assert.equal(sawReleases(seen, digests(0, 3), 1_500, 1_501), seen, 'nor by one that is behind the plan')
  assert.equal(timeSeen(seen, 5), 1_000)
  seen = sawReleases(seen, [], 1_000 + 3_600_000, 1)
  assert.equal(seen.latestMs, 3_601_000)
  seen = sawReleases(seen, digests(0, SEEN_RELEASES_MAX + 10), 9_000_000, 9_000_000)
  assert.equal(seen.releases.length, SEEN_RELEASES_MAX)
  assert.equal(firstSeenMs(seen, digests(0, 1)[0] ?? ''), null, 'forgotten: its delay would begin anew')
  assert.deepEqual(seenReleases(parseJson(jsonBytes(seen), 16_384, 'seen'), 'seen'), seen)
})

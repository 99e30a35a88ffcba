import { FleetTable } from '../../../core/rollout/src/evidence/fleet-table.ts'
import type { HealthReport } from '../../../core/rollout/src/evidence/health-report.ts'
import { cpuMsOf, type Figures, median, progress, rounded } from './measure.ts'

const HOSTS = 8_500_000
/** A peer's objects take so much memory that fewer have to do. */
const PEER_HOSTS = 1_000_000
const FOLDS = 2_000_000
const SWEEPS = 7
const NANOSECONDS = 1_000_000
const PPM_ALL = 1_000_000
const BEACON_INTERVAL_MS = 300_000
const SECOND_MS = 1_000
/** Visits every host once, far from the one before: beacons don't come in the order of enrolment. A prime. */
const STRIDE = 5_000_011
/** 2026-11-01. */
const START_MS = 1_793_491_200_000
const RELEASE = { pack: 'starter', imageDigest: 'a'.repeat(64) }

const RULES = {
  thresholds: { engineCpuPpm: 500_000, engineMemoryKiB: 524_288, detectionsPerHour: 1_000 },
  silenceAfterMs: 90_000,
  absenceAfterMs: 600_000,
  applyWithinMs: 900_000,
  provenAfterMs: 300_000,
  watchMs: 86_400_000,
}

/** What a server does for a fleet while a release is rolled out: take in beacons, find who is missing. Medians of CPU time. */
export function fleetFigures(): Figures {
  progress(`a fleet of ${HOSTS} hosts`)
  const fleet = new FleetTable({ ...RULES, epochMs: START_MS - 604_800_000 })
  fleet.reserve(HOSTS)
  for (let host = 0; host < HOSTS; host++) fleet.add({ ring: 'broad', enrolledAtMs: START_MS })
  let nowMs = START_MS
  const fold = (folds: number, stride: number, sequence: number): void => {
    const report = { ...REPORT, sequence }
    for (let i = 0; i < folds; i++) fleet.fold((i * stride) % HOSTS, report, nowMs)
  }
  fold(HOSTS, 1, 1)
  fleet.watch(RELEASE, (host) => (host * 7_919) % PPM_ALL)
  fleet.sweep(nowMs, START_MS)
  fleet.start(
    RELEASE.pack,
    'broad',
    { wave: 1, exposed: { fromPpm: 0, toPpm: 10 }, control: { fromPpm: 10, toPpm: 110 } },
    nowMs,
  )
  const foldMs = [2, 3, 4].map((sequence) => cpuMsOf(() => fold(FOLDS, STRIDE, sequence)))
  const inOrderMs = [5, 6, 7].map((sequence) => cpuMsOf(() => fold(FOLDS, 1, sequence)))
  const sweepMs = timesOf(SWEEPS, () => fleet.sweep((nowMs += SECOND_MS), START_MS))
  // All at once: nothing that a sweep finds is dearer, and it happens when a network fails.
  nowMs += 3 * BEACON_INTERVAL_MS
  const outageMs = cpuMsOf(() => fleet.sweep(nowMs, START_MS))
  const { bytes, hosts } = fleet.size
  return {
    hosts: HOSTS,
    bytesPerHost: rounded(bytes / hosts),
    sweepMs: rounded(median(sweepMs)),
    sweepOutageMs: rounded(outageMs),
    foldNanoseconds: rounded((median(foldMs) / FOLDS) * NANOSECONDS),
    foldInOrderNanoseconds: rounded((median(inOrderMs) / FOLDS) * NANOSECONDS),
    sweepNanosecondsPerHost: rounded((median(sweepMs) / HOSTS) * NANOSECONDS),
    peer: peerFigures(),
  }
}

const REPORT: HealthReport = {
  sequence: 1,
  pack: RELEASE.pack,
  engineVersion: '1.2.0',
  platform: { os: 'linux 6.18', architecture: 'x64' },
  running: { imageDigest: 'b'.repeat(64) },
  outcomes: [{ imageDigest: 'b'.repeat(64), outcome: 'confirmed', atMs: START_MS }],
  engineRestarts: 0,
  beaconIntervalMs: BEACON_INTERVAL_MS,
  ending: null,
  enrolment: null,
  customer: { name: 'example', ring: '', takes: 'at-once' },
}

interface PeerHost {
  lastSeenMs: number
  isSilent: boolean
  readonly pack: string
  readonly ring: string
  readonly version: string
}

/** What one writes first: an object for each host in a map by its name, and a loop over all of them. */
function peerFigures(): Figures {
  progress(`the peer: a map of ${PEER_HOSTS} objects`)
  const before = process.memoryUsage().heapUsed
  const hosts = new Map<string, PeerHost>()
  for (let i = 0; i < PEER_HOSTS; i++) {
    const host = { lastSeenMs: START_MS, isSilent: false, pack: RELEASE.pack, ring: 'broad', version: '1.2.0' }
    hosts.set(`host-${(i * STRIDE) % PEER_HOSTS}`, host)
  }
  const bytes = process.memoryUsage().heapUsed - before
  let nowMs = START_MS
  let silent = 0
  const sweepMs = timesOf(SWEEPS, () => {
    nowMs += SECOND_MS
    for (const host of hosts.values()) {
      if (host.isSilent || nowMs - host.lastSeenMs <= 2 * BEACON_INTERVAL_MS) continue
      host.isSilent = true
      silent++
    }
  })
  return {
    name: 'a Map of objects, one a host',
    hosts: PEER_HOSTS,
    silent,
    bytesPerHost: rounded(bytes / PEER_HOSTS),
    sweepNanosecondsPerHost: rounded((median(sweepMs) / PEER_HOSTS) * NANOSECONDS),
  }
}

function timesOf(runs: number, work: () => void): readonly number[] {
  work()
  return Array.from({ length: runs }, () => cpuMsOf(work))
}

import type { HealthReport, HostFacts } from './health-report.ts'
import type { WatchedRelease } from './release-watch.ts'
import type { EvidenceRules } from './signal-rules.ts'

export const RULES: EvidenceRules = {
  thresholds: { engineCpuPpm: 500_000, engineMemoryKiB: 524_288, detectionsPerHour: 1_000 },
  silenceAfterMs: 90_000,
  absenceAfterMs: 600_000,
  applyWithinMs: 900_000,
  provenAfterMs: 300_000,
  watchMs: 86_400_000,
}
export const RELEASE: WatchedRelease = { pack: 'p', imageDigest: 'd'.repeat(64) }
export const FACTS: HostFacts = { ring: 'canary', enrolledAtMs: 0 }

/** A host that has nothing to do with the watched release. */
export const HEALTHY: HealthReport = {
  sequence: 1,
  pack: RELEASE.pack,
  engineVersion: '1.2.0',
  platform: { os: 'linux 6.18', architecture: 'x64' },
  running: null,
  outcomes: [],
  engineRestarts: 0,
  beaconIntervalMs: 30_000,
  ending: null,
  enrolment: null,
  customer: { name: '', ring: '', takes: 'at-once' },
}

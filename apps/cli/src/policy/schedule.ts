import {
  absentAs,
  integer,
  type Json,
  list,
  nullable,
  object,
  PPM_ALL,
  type Reader,
  text,
  version,
  type WallMs,
} from '@firebreak/kernel'
import { EVIDENCE_RAN_MS, name, type RolloutSchedule } from '@firebreak/rollout'
import { readDraft } from './draft.ts'

/** A rollout as a person imagines it; all moments count from its start. */
interface ScheduleFile {
  readonly category: string
  readonly openings: readonly { readonly ring: string; readonly afterMs: number; readonly samplePpm: number }[]
  /** When the release becomes the baseline; null: never, in this file. */
  readonly completesAfterMs: number | null
  /** What is known of it on hosts of others. */
  readonly evidence: readonly Evidence[]
}

interface Evidence {
  readonly afterMs: number
  readonly hosts: number
  readonly ranMs: number
  readonly engine: string
  readonly os: string
}

const OPENINGS_MAX = 256
const EVIDENCE_MAX = 512
const HOUR_MS = 3_600_000
const durationMs = integer(0, Number.MAX_SAFE_INTEGER)

const scheduleFile: Reader<ScheduleFile> = object<ScheduleFile>({
  category: absentAs('behavioural', name),
  openings: list(
    object<ScheduleFile['openings'][number]>({
      ring: name,
      afterMs: durationMs,
      samplePpm: absentAs(PPM_ALL, integer(0, PPM_ALL)),
    }),
    OPENINGS_MAX,
  ),
  completesAfterMs: absentAs(null, nullable(durationMs)),
  evidence: absentAs(
    [],
    list(
      object<Evidence>({
        afterMs: durationMs,
        hosts: durationMs,
        ranMs: integer(0, Math.max(...EVIDENCE_RAN_MS)),
        engine: absentAs('1.0.0', version),
        os: absentAs('linux 6.18', text(64)),
      }),
      EVIDENCE_MAX,
    ),
  ),
})

/** A day from the first host to all: what is assumed without a file. Other customers have a million hosts and follow at once. */
const USUAL: Json = {
  openings: [
    { ring: 'canary', afterMs: 0 },
    { ring: 'early', afterMs: 2 * HOUR_MS },
    { ring: 'broad', afterMs: 6 * HOUR_MS },
  ],
  completesAfterMs: 24 * HOUR_MS,
  evidence: EVIDENCE_RAN_MS.map((ranMs) => ({ afterMs: 6 * HOUR_MS + ranMs, hosts: 1_000_000, ranMs })),
}

/**
 * @param path - of a YAML or JSON file; null: the usual one
 * @throws CliError cli/usage | ContentError | KernelError kernel/malformed
 */
export async function readSchedule(path: string | null, startMs: WallMs): Promise<RolloutSchedule> {
  const json = path === null ? USUAL : (await readDraft(path)).json
  const { category, openings, completesAfterMs, evidence } = scheduleFile(json, 'schedule')
  return {
    pack: 'pack',
    category,
    release: { version: '2.0.0', imageDigest: '2'.repeat(64) },
    baseline: { version: '1.0.0', imageDigest: '1'.repeat(64) },
    baselineSinceMs: startMs,
    openings: openings.map(({ ring, afterMs, samplePpm }) => ({ ring, atMs: startMs + afterMs, ppm: samplePpm })),
    completesAtMs: completesAfterMs === null ? null : startMs + completesAfterMs,
    evidence: evidence.map(({ afterMs, hosts, ranMs, engine, os }) => {
      return { atMs: startMs + afterMs, hosts, ranMs, engineVersion: engine, os }
    }),
  }
}

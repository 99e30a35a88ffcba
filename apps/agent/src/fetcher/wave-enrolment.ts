import type { WaveEnrolment } from '@firebreak/api'
import {
  boolean,
  digest,
  integer,
  literal,
  type MonotonicMs,
  object,
  type Reader,
  type Sha256Hex,
  text,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { type Arm, PLAN_WAVES_MAX } from '@firebreak/rollout'
import type { MeasuredUse } from './engine-use.ts'

/** The wave in which this host takes part, or took part last, and what has happened to it since: durable, over restarts and reboots. */
export interface TakenPart {
  readonly imageDigest: Sha256Hex
  readonly wave: number
  readonly arm: Arm
  /** When it enrolled, by its own clock: for people. */
  readonly atMs: WallMs
  /** The server holds a beacon that says so. Before, this host is not at risk, and installs nothing for this wave. */
  readonly isAcknowledged: boolean
  readonly sinceMs: number
  readonly seen: SeenOfHost
  readonly reboots: number
  readonly engineRestarts: number
  readonly detections: number
  readonly engineCpuPpmPeak: number
  readonly engineMemoryKiBPeak: number
}

/** The host as it was counted last: what came since is the difference. */
export interface SeenOfHost {
  readonly bootId: string
  /** Starts of the agent: its counters begin at zero with each. */
  readonly starts: number
  readonly engineRestarts: number
  readonly detections: number
  /** Since the host was booted; stands still while it sleeps. */
  readonly clockMs: MonotonicMs
  readonly wallMs: WallMs
}

export interface WaveInPlan {
  readonly imageDigest: Sha256Hex
  readonly wave: number
  readonly arm: Arm
}

export const WAVE_FILE = 'wave.json'
export const WAVE_FILE_BYTES_MAX = 4_096
/** As the supervisor says it where there is no boot id. */
const NO_BOOT_ID = 'unknown'

const count = integer(0, Number.MAX_SAFE_INTEGER)
const wallMs = integer(0, WALL_MS_MAX)
export const takenPart: Reader<TakenPart> = object<TakenPart>({
  imageDigest: digest,
  wave: integer(1, PLAN_WAVES_MAX),
  arm: literal('exposed', 'control'),
  atMs: wallMs,
  isAcknowledged: boolean,
  sinceMs: count,
  seen: object<SeenOfHost>({
    bootId: text(64),
    starts: count,
    engineRestarts: count,
    detections: count,
    clockMs: count,
    wallMs,
  }),
  reboots: count,
  engineRestarts: count,
  detections: count,
  engineCpuPpmPeak: count,
  engineMemoryKiBPeak: count,
})

/** Whether the host has enrolled in this very wave, on this side of it. */
export function takesPartIn(part: TakenPart | null, { imageDigest, wave, arm }: WaveInPlan): boolean {
  return part !== null && part.imageDigest === imageDigest && part.wave === wave && part.arm === arm
}

/** Nothing has happened to it yet: whatever did, did so before the release could have been the cause. */
export function takePart({ imageDigest, wave, arm }: WaveInPlan, host: SeenOfHost): TakenPart {
  return {
    imageDigest,
    wave,
    arm,
    atMs: host.wallMs,
    isAcknowledged: false,
    sinceMs: 0,
    seen: host,
    reboots: 0,
    engineRestarts: 0,
    detections: 0,
    engineCpuPpmPeak: 0,
    engineMemoryKiBPeak: 0,
  }
}

/**
 * After the host was seen again.
 *
 * @param use - of a window that has just ended; null: none has
 */
export function countSince(part: TakenPart, host: SeenOfHost, use: MeasuredUse | null): TakenPart {
  const { seen } = part
  const isSameRun = host.starts === seen.starts
  const grown = (key: 'engineRestarts' | 'detections') => Math.max(0, host[key] - (isSameRun ? seen[key] : 0))
  return {
    ...part,
    sinceMs: part.sinceMs + passedMs(seen, host),
    seen: host,
    reboots: part.reboots + (hasRebooted(seen, host) ? 1 : 0),
    engineRestarts: part.engineRestarts + grown('engineRestarts'),
    detections: part.detections + grown('detections'),
    engineCpuPpmPeak: Math.max(part.engineCpuPpmPeak, use?.cpuPpm ?? 0),
    engineMemoryKiBPeak: Math.max(part.engineMemoryKiBPeak, use?.memoryKiB ?? 0),
  }
}

/** Within a boot by the monotonic clock. Over a reboot by the wall clock, and never less than since the boot, should that be wrong. */
function passedMs(seen: SeenOfHost, host: SeenOfHost): number {
  if (!hasRebooted(seen, host)) return Math.max(0, host.clockMs - seen.clockMs)
  return Math.max(host.clockMs, host.wallMs - seen.wallMs)
}

function hasRebooted(seen: SeenOfHost, { bootId }: SeenOfHost): boolean {
  return bootId !== seen.bootId && bootId !== NO_BOOT_ID && seen.bootId !== NO_BOOT_ID
}

/** Whether `after` says more than its own time: what would be missing if the host died now. */
export function hasNews(before: TakenPart, after: TakenPart): boolean {
  const counted = (part: TakenPart) => [
    part.imageDigest,
    part.wave,
    part.arm,
    part.isAcknowledged,
    part.reboots,
    part.engineRestarts,
    part.detections,
    part.engineCpuPpmPeak,
    part.engineMemoryKiBPeak,
  ]
  return counted(before).join() !== counted(after).join()
}

export function waveEnrolmentOf(part: TakenPart): WaveEnrolment {
  const { imageDigest, wave, sinceMs, reboots, engineRestarts, detections } = part
  const { engineCpuPpmPeak, engineMemoryKiBPeak } = part
  return { imageDigest, wave, sinceMs, reboots, engineRestarts, detections, engineCpuPpmPeak, engineMemoryKiBPeak }
}

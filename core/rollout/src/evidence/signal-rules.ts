import { ATTRIBUTED_SIGNALS, COMPARED_SIGNALS, type Signal, SIGNALS } from './signals.ts'
import type { EnrolmentReport } from './health-report.ts'

/** From which point on a signal has happened to a host. */
export interface SignalThresholds {
  /** Of one core. */
  readonly engineCpuPpm: number
  readonly engineMemoryKiB: number
  readonly detectionsPerHour: number
}

/** What of a rollout policy decides how beacons count. */
export interface EvidenceRules {
  readonly thresholds: SignalThresholds
  /** For hosts that do not state their interval. */
  readonly silenceAfterMs: number
  /** How long a host that said that it stops may stay away. */
  readonly absenceAfterMs: number
  /** How long a host that takes part, and is there, may take to begin its trial. */
  readonly applyWithinMs: number
  /** A host that reported fine so long after it enrolled is proven. */
  readonly provenAfterMs: number
  /** From the start of a wave: after that the compared signals of its hosts count no more. */
  readonly watchMs: number
}

/** A flood has to last: what is reported in the first moments is spread over this time. */
const FLOOD_MS_MIN = 300_000
const HOUR_MS = 3_600_000

export function signalBit(signal: Signal): number {
  return 1 << SIGNALS.indexOf(signal)
}

const BIT = {
  silence: signalBit('silence'),
  absence: signalBit('absence'),
  reboot: signalBit('reboot'),
  engineRestart: signalBit('engine-restart'),
  cpu: signalBit('cpu'),
  memory: signalBit('memory'),
  flood: signalBit('flood'),
  detection: signalBit('detection'),
  failure: signalBit('failure'),
  applyFailure: signalBit('apply-failure'),
  falseSuccess: signalBit('false-success'),
} as const

/** What a host has been through in its cell: a bit for each signal, and these. */
export const HISTORY = {
  ...BIT,
  enrolled: 1 << SIGNALS.length,
  confirmed: 1 << (SIGNALS.length + 1),
  proven: 1 << (SIGNALS.length + 2),
  rebooted: 1 << (SIGNALS.length + 3),
  /** It has the release without being in the exposed arm: its attributed signals count in the cell outside. */
  outside: 1 << (SIGNALS.length + 4),
} as const

export const COMPARED_BITS = COMPARED_SIGNALS.reduce((bits, signal) => bits | signalBit(signal), 0)
export const ATTRIBUTED_BITS = ATTRIBUTED_SIGNALS.reduce((bits, signal) => bits | signalBit(signal), 0)
/** Not proven: it has shown that something is wrong. A reboot or a gap is no fault of a host that reports fine afterwards. */
export const AMISS_BITS = BIT.failure | BIT.falseSuccess | BIT.engineRestart

/** What the host itself counted since it enrolled, as bits. */
export function countedByHost(enrolment: EnrolmentReport, thresholds: SignalThresholds): number {
  const { detections, sinceMs } = enrolment
  let bits = 0
  if (enrolment.reboots > 0) bits |= BIT.reboot
  if (enrolment.engineRestarts > 0) bits |= BIT.engineRestart
  if (enrolment.engineCpuPpmPeak > thresholds.engineCpuPpm) bits |= BIT.cpu
  if (enrolment.engineMemoryKiBPeak > thresholds.engineMemoryKiB) bits |= BIT.memory
  if (detections * HOUR_MS > thresholds.detectionsPerHour * Math.max(sinceMs, FLOOD_MS_MIN)) bits |= BIT.flood
  if (detections > 0) bits |= BIT.detection
  return bits
}

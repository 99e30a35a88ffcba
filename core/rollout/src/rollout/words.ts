import type { Signal } from '../evidence/signals.ts'
import type { HaltReason } from './verdict.ts'

/** What a signal did to hosts, to follow their number: "7 hosts fell silent". */
const HAPPENED: Readonly<Record<Signal, string>> = {
  silence: 'fell silent',
  absence: 'stopped and did not come back in time',
  reboot: 'rebooted',
  'engine-restart': 'lost their engine outside a trial',
  cpu: 'used more CPU than allowed',
  memory: 'used more memory than allowed',
  flood: 'reported a flood of detections',
  detection: 'reported detections',
  failure: 'refused it or fell back from it',
  'apply-failure': 'did not begin it in time',
  'false-success': 'confirmed it and run something else',
}

const REASONS: Readonly<Record<Signal, HaltReason>> = {
  silence: 'silence',
  absence: 'absence',
  reboot: 'reboot',
  'engine-restart': 'engine-restart',
  cpu: 'cpu',
  memory: 'memory',
  flood: 'flood',
  detection: 'detection-loss',
  failure: 'attributable-failure',
  'apply-failure': 'apply-failure',
  'false-success': 'false-success',
}

export function happened(signal: Signal): string {
  return HAPPENED[signal]
}

export function haltReasonOf(signal: Signal): HaltReason {
  return REASONS[signal]
}

export function hostCount(hosts: number): string {
  return hosts === 1 ? '1 host' : `${whole(hosts)} hosts`
}

/** 1,234,567. */
export function whole(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** What a logarithm may lose in its last digits. */
const ROUNDING = 1e-9

/** Evidence as a number for people, rounded down: below 1, 1, 37, 1,200, 3e27. */
export function evidenceText(logE: number): string {
  if (logE < 0) return 'below 1'
  const power = logE / Math.LN10 + ROUNDING
  if (power < 2) return whole(Math.floor(10 ** power))
  const digits = Math.floor(power) - 1
  const leading = Math.floor(10 ** (power - digits))
  return digits <= 8 ? whole(leading * 10 ** digits) : `${leading / 10}e${digits + 1}`
}

export function percent(ppm: number): string {
  return `${ppm / 10_000} %`
}

/** 45 s, 15 min, 3 h. */
export function duration(ms: number): string {
  if (ms < 120_000) return `${Math.ceil(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.ceil(ms / 60_000)} min`
  return `${Math.round(ms / 360_000) / 10} h`
}

import { spawn } from 'node:child_process'
import type { SeenDetection } from '../watch.ts'

/** Matched by the starter rule `firebreak-drill-marker`: `sleep 0.1907` and four digits. */
const PREFIX = '0.1907'
const INTERVAL_MS = 100
const MARKERS_MAX = 10_000

/**
 * Runs numbered harmless commands, one after another, so that every host has something to detect all the time, and a detection that is
 * missing has a number and a time.
 */
export class Markers {
  readonly #startedAt: number[] = []
  #timer: NodeJS.Timeout | null = null

  start(): void {
    this.#timer = setInterval(() => this.#run(), INTERVAL_MS)
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  get count(): number {
    return this.#startedAt.length
  }

  #run(): void {
    const number = this.#startedAt.length
    if (number >= MARKERS_MAX) return
    const marker = spawn('sleep', [PREFIX + String(number).padStart(4, '0')], { stdio: 'ignore' })
    marker.on('error', () => {})
    this.#startedAt.push(performance.now())
  }

  /** The numbers from `first` to `last` that `host` has not detected. */
  missing(seen: readonly SeenDetection[], host: string, first: number, last: number): readonly number[] {
    const found = new Set(seen.filter((one) => one.host === host).map(numberOf))
    return Array.from({ length: last - first }, (_, i) => first + i).filter((number) => !found.has(number))
  }

  /** The longest time, in milliseconds, over which no marker was detected: 0 when none is missing. */
  longestGapMs(missing: readonly number[]): number {
    let longest = 0
    let first = missing[0] ?? 0
    for (const [i, number] of missing.entries()) {
      if (i > 0 && number !== (missing[i - 1] ?? 0) + 1) first = number
      longest = Math.max(longest, (this.#startedAt[number] ?? 0) - (this.#startedAt[first] ?? 0) + INTERVAL_MS)
    }
    return Math.round(longest)
  }
}

function numberOf({ detection }: SeenDetection): number {
  const commandLine = detection.fields.find(({ field }) => field === 'CommandLine')?.value ?? ''
  const match = /sleep 0\.1907(\d{4})$/.exec(commandLine)
  return match ? Number(match[1]) : -1
}

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'
import { RANK } from '@firebreak/api'
import type { Sha256Hex, WallMs } from '@firebreak/kernel'
import { EnginePair } from '../supervisor/engine-pair.ts'
import { events, imageOf, numbersIn, type TestImage } from './images.ts'
import { GOOD_VERSION, HOSTILE_VERSION } from './versions.ts'

const ENTRY = fileURLToPath(new URL('./hostile-engine.ts', import.meta.url))
const CODE = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
/** In vain: engines start one after the other, on machines that have other work. */
const WAIT_MS_MAX = 60_000
/** For what nobody tells: a standby, an engine that is gone. */
const LOOK_INTERVAL_MS = 10

export const good: TestImage = imageOf(GOOD_VERSION)
export const newer: TestImage = imageOf('1.1.0')
export const hostile: TestImage = imageOf(HOSTILE_VERSION)

/** A pair with real, confined engines, and all that it tells, as events to wait for. */
export class PairBench extends EventEmitter {
  readonly told: string[] = []
  /** Why: for the person who reads a failure. */
  readonly #deaths: string[] = []
  readonly gaps: number[] = []
  /** How often each numbered event was detected. */
  readonly seen = new Map<number, number>()
  readonly order: number[] = []
  readonly quarantined: Uint8Array[] = []
  readonly missing = new Set<string>()
  readonly pair: EnginePair
  /** How far the supervisor's own clock is ahead. */
  aheadMs = 0
  /** The wall clock of the supervisor. */
  wallMs: () => WallMs = () => Date.now()

  constructor(context: TestContext, images: ReadonlyMap<Sha256Hex, TestImage> = imagesOf(good, newer, hostile)) {
    super()
    const tell = (what: string) => {
      this.told.push(what)
      this.emit('told')
    }
    this.pair = new EnginePair({
      entry: ENTRY,
      readFolders: [CODE],
      nowMs: () => performance.now() + this.aheadMs,
      wallMs: () => this.wallMs(),
      readImage: (image) =>
        Promise.resolve(this.missing.has(image.version) ? null : (images.get(image.imageDigest)?.bytes ?? null)),
      onQuarantined: (event) => void this.quarantined.push(event),
      onDetections: (lines, count) => {
        const numbers = numbersIn(lines)
        assert.equal(numbers.length, count)
        for (const number of numbers) this.seen.set(number, (this.seen.get(number) ?? 0) + 1)
        this.order.push(...numbers)
        this.emit('told')
      },
      onCandidateActive: ({ version }) => tell(`active ${version}`),
      onCandidateRefused: ({ version }, code) => tell(`refused ${version} ${code}`),
      onCandidateDied: ({ version }, code) => tell(`died ${version} ${code}`),
      onConfirmedDied: (code, message) => {
        this.#deaths.push(`${code} (${message})`)
        tell('confirmed died')
      },
      onRecovered: (_, gapMs) => {
        this.gaps.push(gapMs)
        tell('recovered')
      },
      onDamaged: ({ version }) => tell(`damaged ${version}`),
      onTuningRefused: ({ code }) => tell(`tuning refused ${code}`),
    })
    context.after(() => this.pair.stop())
  }

  /** Looks again at each thing that is told; the test's own time limit ends a wait in vain. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(WAIT_MS_MAX)
    const timer = setInterval(() => this.emit('told'), LOOK_INTERVAL_MS)
    try {
      while (!isSo()) await once(this, 'told', { signal })
    } catch {
      const { running, counters } = this.pair
      assert.fail(
        `waiting for ${what}; told: ${this.told.join(', ')}; died of: ${this.#deaths.join(', ')}; ` +
          `running ${running?.image.version}; ${counters.eventsQuarantined} quarantined, ${counters.eventsDropped} dropped`,
      )
    } finally {
      clearInterval(timer)
    }
  }

  heard(what: string): Promise<void> {
    return this.until(what, () => this.told.includes(what))
  }

  runs(image: TestImage): Promise<void> {
    return this.until(`running ${image.slot.version}`, () => this.pair.running?.image === image.slot)
  }

  /** Warm: the active engine has answered, and a standby that has loaded is behind it. */
  async warm(image: TestImage = good): Promise<void> {
    this.pair.runConfirmed(image.slot)
    await this.runs(image)
    await this.until('a standby', () => this.pair.hasStandby)
  }

  submit(numbers: readonly number[], command?: string): void {
    this.pair.submit(events(numbers, command), numbers.length, RANK.process)
  }

  sawAll(numbers: readonly number[]): Promise<void> {
    return this.until(`verdicts on ${numbers.length} events`, () => numbers.every((number) => this.seen.has(number)))
  }
}

export function imagesOf(...list: readonly TestImage[]): ReadonlyMap<Sha256Hex, TestImage> {
  return new Map(list.map((one) => [one.slot.imageDigest, one]))
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

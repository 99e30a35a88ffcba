import { type Beacon, statedIntervalMs } from '@firebreak/api'
import { nullable } from '@firebreak/kernel'
import { PROBATION_BEACONS_MS, probationIntervalMs } from '@firebreak/rollout'
import type { HostReport } from '../messages.ts'
import { EngineUseMeter } from './engine-use.ts'
import { SmallFile } from './small-file.ts'
import {
  countSince,
  hasNews,
  type SeenOfHost,
  takePart,
  takenPart,
  type TakenPart,
  takesPartIn,
  WAVE_FILE,
  WAVE_FILE_BYTES_MAX,
  type WaveInPlan,
  waveEnrolmentOf,
} from './wave-enrolment.ts'

const PROBATION_MS = Math.max(...PROBATION_BEACONS_MS)

/** What a beacon says of this host's part in a wave, and of its engine. */
export type HealthOfHost = Pick<Beacon, 'engineUse' | 'enrolment' | 'beaconIntervalMs'>

/** This host's part in waves: counted with each report of the supervisor, durable with each beacon that has something new. */
export class Participation {
  readonly #file: SmallFile<TakenPart | null>
  readonly #meter = new EngineUseMeter()
  #part: TakenPart | null

  private constructor(file: SmallFile<TakenPart | null>) {
    this.#file = file
    this.#part = file.value
  }

  /** @throws DurableError */
  static async open(folder: string, onDamaged: (error: unknown) => void): Promise<Participation> {
    const path = `${folder}/${WAVE_FILE}`
    const reader = nullable(takenPart)
    return new Participation(
      await SmallFile.open<TakenPart | null>({ path, bytesMax: WAVE_FILE_BYTES_MAX, reader, empty: null, onDamaged }),
    )
  }

  get part(): TakenPart | null {
    return this.#part
  }

  see(report: HostReport): void {
    const host = seenIn(report)
    const hasMeasured = this.#meter.take(report.engine, host.clockMs)
    const part = this.#part
    if (!part) return
    // At risk from the acknowledgement on: until then nothing is installed for the wave, however long that takes.
    this.#part = part.isAcknowledged
      ? countSince(part, host, hasMeasured ? this.#meter.measured : null)
      : { ...takePart(part, host), atMs: part.atMs }
  }

  /** From now on this host takes part in `wave`, whatever it took part in before. @throws DurableError, and it does not */
  async enrol(wave: WaveInPlan, report: HostReport): Promise<void> {
    if (takesPartIn(this.#part, wave)) return
    const part = takePart(wave, seenIn(report))
    await this.#file.put(part)
    this.#part = part
  }

  /** @throws DurableError: what was counted is not kept, and goes on being counted */
  async keep(): Promise<void> {
    if (this.#part && (this.#file.value === null || hasNews(this.#file.value, this.#part))) {
      await this.#file.put(this.#part)
    }
  }

  /** The server holds a beacon that said this. @throws DurableError: it is known, and will be asked again after a restart */
  async acknowledged(said: Beacon['enrolment']): Promise<void> {
    const part = this.#part
    if (!said || !part || part.isAcknowledged) return
    if (part.imageDigest !== said.imageDigest || part.wave !== said.wave) return
    this.#part = { ...part, isAcknowledged: true }
    await this.keep()
  }

  health(usualIntervalMs: number): HealthOfHost {
    const part = this.#part
    const { cpuPpm, memoryKiB } = this.#meter.measured
    return {
      engineUse: { cpuPpm, memoryKiB },
      enrolment: part && waveEnrolmentOf(part),
      beaconIntervalMs: this.isOnProbation
        ? statedIntervalMs(probationIntervalMs(part?.sinceMs ?? 0, usualIntervalMs), usualIntervalMs)
        : usualIntervalMs,
    }
  }

  get isOnProbation(): boolean {
    return this.#part !== null && this.#part.sinceMs < PROBATION_MS
  }

  /** It said that it takes part, and does not know whether the server heard it. */
  get isEnrolling(): boolean {
    return this.#part?.isAcknowledged === false
  }
}

function seenIn({ beacon, starts }: HostReport): SeenOfHost {
  const { bootId, engineRestarts, detections } = beacon
  const clockMs = Number(process.hrtime.bigint() / 1_000_000n)
  return { bootId, starts, engineRestarts, detections, clockMs, wallMs: Date.now() }
}

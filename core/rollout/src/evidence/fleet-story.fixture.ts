import { assert } from '@firebreak/kernel'
import type { Arm, WaveArms } from '../plan/exposure.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import type { HealthReport } from './health-report.ts'
import { type Cell, type Signal, SIGNALS } from './signals.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const T0 = 1_000 * HOUR
export const ARMS: WaveArms = { wave: 1, exposed: { fromPpm: 0, toPpm: 2 }, control: { fromPpm: 2, toPpm: 4 } }
export const STRATUM = 'engine 1.2.0, linux 6.18 x64, ring canary, steady'
export const SINCE = {
  imageDigest: RELEASE.imageDigest,
  wave: 1,
  sinceMs: 0,
  reboots: 0,
  engineRestarts: 0,
  detections: 0,
  engineCpuPpmPeak: 0,
  engineMemoryKiBPeak: 0,
}
export const NEW = { running: { imageDigest: RELEASE.imageDigest } }
export const trial = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'trial', atMs: T0 }] } as const
export const confirmed = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'confirmed', atMs: T0 }] } as const
export const fellBack = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'fell-back', atMs: T0 }] } as const

type Words = Partial<Omit<HealthReport, 'enrolment'>> & { readonly enrolment?: Partial<typeof SINCE> | null }

/** Hosts 0 and 1 are exposed by the first wave, 2 and 3 its control; their bucket is their number. */
export class Story {
  readonly table: FleetTable = new FleetTable({ ...RULES, epochMs: 0 })
  nowMs = T0
  #sequence = 0

  constructor(hosts = 6) {
    this.table.watch(RELEASE, (host) => host)
    for (let host = 0; host < hosts; host++) this.table.add(FACTS)
    for (let host = 0; host < hosts; host++) this.says(host)
    this.sweep()
  }

  /** What a host says beside being healthy. An enrolment is in the wave that is named, without anything amiss but what is named. */
  says(host: number, words: Words = {}): void {
    const enrolment = words.enrolment ? { ...SINCE, ...words.enrolment } : null
    this.table.fold(host, { ...HEALTHY, sequence: ++this.#sequence, ...words, enrolment }, this.nowMs)
  }

  /** Time goes by, and the server was there. */
  pass(ms: number, listeningSinceMs = T0 - HOUR): void {
    this.nowMs += ms
    this.sweep(listeningSinceMs)
  }

  sweep(listeningSinceMs = T0 - HOUR): void {
    this.table.sweep(this.nowMs, listeningSinceMs)
  }

  start(arms: Partial<WaveArms> = {}) {
    return this.table.start(RELEASE.pack, 'canary', { ...ARMS, ...arms }, this.nowMs)
  }

  enrolAll(): void {
    for (const host of [0, 1, 2, 3]) this.says(host, { enrolment: {} })
  }

  cell(arm: Arm, stratum: string = STRATUM, wave = 1): Cell {
    const cell = this.table.cells(RELEASE.pack).find((one) => {
      return one.arm === arm && one.stratum === stratum && one.wave === wave
    })
    assert(cell !== undefined, `no cell ${wave} ${arm} ${stratum}`)
    return cell
  }

  events(signal: Signal, arm: Arm = 'exposed', stratum: string = STRATUM, wave = 1): number {
    return this.cell(arm, stratum, wave).events[SIGNALS.indexOf(signal)] ?? 0
  }
}

/** The first wave has started, and everybody in it has enrolled. */
export function begun(): Story {
  const story = new Story()
  story.start()
  story.enrolAll()
  return story
}

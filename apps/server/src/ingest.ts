import { type Beacon, type DetectionRecord, parseBeacon } from '@firebreak/api'
import { utf8Encode, type WallMs } from '@firebreak/kernel'
import { numberOf, type Store, textOf } from './schema.ts'

/** The newest beacon of a host. */
export interface HostState {
  readonly beacon: Beacon
  /** By the server's clock. */
  readonly seenAtMs: WallMs
}

export interface KeptDetection {
  readonly host: string
  readonly detection: DetectionRecord
}

/** One commit for all that arrives in this time: an fsync costs a millisecond, whether for one beacon or for hundreds. */
export const COMMIT_WINDOW_MS = 25
/** Then the journal is folded into the table of host states. */
export const JOURNAL_ENTRIES_MAX = 20_000
/** The oldest are dropped: the server shows detections, it is not their archive. */
export const DETECTIONS_KEPT_MAX = 100_000
export const DETECTIONS_REPLAYED_MAX = 50

export interface IngestEvents {
  /** A beacon that is newer than what was known of its host, also while the database is read; it may not be durable yet. */
  readonly onBeacon: (host: string, state: HostState) => void
  /** Something new is durable. */
  readonly onKept: (detections: readonly KeptDetection[]) => void
  /** A commit failed. */
  readonly onFatal: (error: unknown) => void
}

interface Waiter {
  readonly kept: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Takes what hosts report. State is folded in memory and journalled; a promise resolves after the commit that made its report
 * durable, also for a duplicate, whose original may be in that very commit. Exactly once: a host's sequence only rises.
 *
 * Memory runs ahead of the disk by one commit, so after a commit that failed the process must end.
 */
export class Ingest {
  readonly #store: Store
  readonly #states = new Map<string, HostState>()
  readonly #marks = new Map<string, number>()
  readonly #events: IngestEvents
  #beacons = new Map<string, HostState>()
  #detections: KeptDetection[] = []
  #waiters: Waiter[] = []
  #timer: NodeJS.Timeout | null = null
  #journalled = 0

  constructor(store: Store, events: IngestEvents) {
    this.#store = store
    this.#events = events
    for (const row of store.prepare('select host, seen_at_ms, beacon from host_state').all()) {
      this.#fold(textOf(row, 'host'), stateOf(textOf(row, 'beacon'), numberOf(row, 'seen_at_ms')))
    }
    for (const row of store.prepare('select entries from journal order by id').all()) {
      for (const [host, seenAtMs, beacon] of JSON.parse(textOf(row, 'entries')) as JournalEntry[]) {
        this.#fold(host, stateOf(beacon, seenAtMs))
        this.#journalled++
      }
    }
    for (const row of store.prepare('select host, sequence from detection_mark').all()) {
      this.#marks.set(textOf(row, 'host'), numberOf(row, 'sequence'))
    }
  }

  state(host: string): HostState | null {
    return this.#states.get(host) ?? null
  }

  /** Resolves when it is durable. A beacon that is not newer than the host's last one changes nothing. */
  takeBeacon(host: string, beacon: Beacon, nowMs: WallMs): Promise<void> {
    const state = { beacon, seenAtMs: nowMs }
    if (this.#fold(host, state)) this.#beacons.set(host, state)
    return this.#committed()
  }

  /** Resolves when they are durable. Those up to the host's last sequence are dropped: they are kept already. */
  takeDetections(host: string, detections: readonly DetectionRecord[]): Promise<void> {
    let mark = this.#marks.get(host) ?? 0
    for (const detection of detections.toSorted((a, b) => a.sequence - b.sequence)) {
      if (detection.sequence <= mark) continue
      mark = detection.sequence
      this.#detections.push({ host, detection })
    }
    this.#marks.set(host, mark)
    return this.#committed()
  }

  /** The newest detections that are kept, oldest first. */
  recentDetections(): readonly KeptDetection[] {
    const rows = this.#store.prepare('select host, record from detection order by id desc limit ?')
    return rows
      .all(DETECTIONS_REPLAYED_MAX)
      .toReversed()
      .map((row) => ({ host: textOf(row, 'host'), detection: JSON.parse(textOf(row, 'record')) as DetectionRecord }))
  }

  /** Commits what waits, at once. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const [beacons, detections, waiters] = [this.#beacons, this.#detections, this.#waiters]
    this.#beacons = new Map()
    this.#detections = []
    this.#waiters = []
    try {
      if (beacons.size > 0 || detections.length > 0) {
        this.#store.transaction(() => {
          this.#journal(beacons)
          this.#keep(detections)
        })
      }
    } catch (error) {
      for (const { failed } of waiters) failed(error)
      this.#events.onFatal(error)
      return
    }
    for (const { kept } of waiters) kept()
    if (beacons.size > 0 || detections.length > 0) this.#events.onKept(detections)
  }

  #committed(): Promise<void> {
    this.#timer ??= setTimeout(() => this.flush(), COMMIT_WINDOW_MS)
    return new Promise((kept, failed) => this.#waiters.push({ kept, failed }))
  }

  #fold(host: string, state: HostState): boolean {
    const known = this.#states.get(host)
    if (known && state.beacon.sequence <= known.beacon.sequence) return false
    this.#states.set(host, state)
    this.#events.onBeacon(host, state)
    return true
  }

  #journal(beacons: ReadonlyMap<string, HostState>): void {
    if (beacons.size === 0) return
    const entries = [...beacons].map(([host, { seenAtMs, beacon }]) => [host, seenAtMs, JSON.stringify(beacon)])
    this.#store.prepare('insert into journal(entries) values (?)').run(JSON.stringify(entries))
    this.#journalled += entries.length
    if (this.#journalled >= JOURNAL_ENTRIES_MAX) this.#snapshot()
  }

  /** In the transaction of the commit, so the states are never without their journal or twice. */
  #snapshot(): void {
    const upsert = this.#store.prepare('insert or replace into host_state(host, seen_at_ms, beacon) values (?, ?, ?)')
    for (const [host, { seenAtMs, beacon }] of this.#states) upsert.run(host, seenAtMs, JSON.stringify(beacon))
    this.#store.exec('delete from journal')
    this.#journalled = 0
  }

  #keep(detections: readonly KeptDetection[]): void {
    if (detections.length === 0) return
    const insert = this.#store.prepare('insert into detection(host, record) values (?, ?)')
    const mark = this.#store.prepare('insert or replace into detection_mark(host, sequence) values (?, ?)')
    for (const { host, detection } of detections) {
      insert.run(host, JSON.stringify(detection))
      mark.run(host, detection.sequence)
    }
    this.#store
      .prepare('delete from detection where id <= (select max(id) from detection) - ?')
      .run(DETECTIONS_KEPT_MAX)
  }
}

type JournalEntry = readonly [host: string, seenAtMs: number, beacon: string]

function stateOf(beacon: string, seenAtMs: WallMs): HostState {
  return { beacon: parseBeacon(utf8Encode(beacon)), seenAtMs }
}

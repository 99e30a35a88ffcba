import { createHash, type Hash } from 'node:crypto'
import type { Sha256Hex } from '@firebreak/kernel'
import { type DigestTable, mayStart } from './digest-table.ts'

/** Who waits longer than this is let go on, unjudged. */
export const HOLD_MS_MAX = 50

/** Files kept open at once; who comes then is let go on. Of the 256 descriptors as many again come with one read. */
export const HELD_COUNT_MAX = 64

/** Verdicts remembered; the oldest goes first. */
const VERDICT_COUNT_MAX = 16_384

/** A larger file is let start unjudged: to read it would take longer than anybody may be held. */
export const JUDGED_FILE_BYTES_MAX = 256 * 1024 * 1024

/** Read at once: less than a millisecond, so that those with a known verdict are not kept waiting. */
const CHUNK_BYTES = 256 * 1024

/** Who is held: by the file that is about to be executed. */
export interface Held {
  readonly fd: number
  readonly pid: number
}

/** What the judge needs of the kernel. */
export interface GateKernel {
  answer(held: Held, answer: 'allow' | 'deny'): void
  /** Closes the file. */
  release(held: Held): void
  /** What changes when the file does, and its size; null when the kernel does not say. */
  stateOf(fd: number): { readonly key: string; readonly sizeBytes: number } | null
  /** @returns bytes read; 0 at the end; throws as the file system says */
  read(fd: number, into: Uint8Array, position: number): number
  nowMs(): number
}

/** Cumulative. */
export interface GateCounters {
  allowed: number
  denied: number
  /** Let go on because the time was up. Its file is judged all the same, for the next time. */
  late: number
  /** Let go on because too many were held, or the file could not be judged. */
  unjudged: number
}

interface Job {
  readonly held: Held
  readonly key: string
  readonly hash: Hash
  position: number
  waiting: { readonly held: Held; readonly sinceMs: number }[]
}

/**
 * Decides who may start by the digest of the file. What was decided holds until the file changes; who can't be judged
 * in time may start.
 *
 * Invariants: everybody who was taken is answered exactly once and every file released; nobody waits longer than
 * HOLD_MS_MAX and one chunk; `deny` is said only of a file whose every byte was read while it did not change.
 */
export class DigestJudge {
  readonly counters: GateCounters = { allowed: 0, denied: 0, late: 0, unjudged: 0 }
  readonly #table: DigestTable
  readonly #kernel: GateKernel
  readonly #onDenied: (held: Held, sha256: Sha256Hex) => void
  /** By the state of the file; null: may start. */
  readonly #verdicts = new Map<string, Sha256Hex | null>()
  /** By the state of the file, the oldest first. */
  readonly #jobs = new Map<string, Job>()
  /** Files of jobs and of those who wait for them. */
  #open = 0
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)

  constructor(table: DigestTable, kernel: GateKernel, onDenied: (held: Held, sha256: Sha256Hex) => void) {
    this.#table = table
    this.#kernel = kernel
    this.#onDenied = onDenied
  }

  /** Whether there is something to do without new questions. */
  get isBusy(): boolean {
    return this.#jobs.size > 0
  }

  /** Whether anybody waits. */
  get isHolding(): boolean {
    for (const { waiting } of this.#jobs.values()) if (waiting.length > 0) return true
    return false
  }

  /** How long the one who has waited longest has, in milliseconds; 0 when nobody does. */
  get waitedMs(): number {
    const nowMs = this.#kernel.nowMs()
    const since = [...this.#jobs.values()].flatMap(({ waiting }) => waiting.map(({ sinceMs }) => sinceMs))
    return since.length === 0 ? 0 : nowMs - Math.min(...since)
  }

  take(held: Held): void {
    const state = this.#kernel.stateOf(held.fd)
    if (state === null || state.sizeBytes > JUDGED_FILE_BYTES_MAX) return this.#letGo(held)
    const verdict = this.#verdicts.get(state.key)
    if (verdict !== undefined) return this.#decide(held, verdict)
    if (this.#open >= HELD_COUNT_MAX) return this.#letGo(held)
    this.#open++
    const job = this.#jobs.get(state.key)
    const waiter = { held, sinceMs: this.#kernel.nowMs() }
    if (job !== undefined) job.waiting.push(waiter)
    else this.#jobs.set(state.key, { held, key: state.key, hash: createHash('sha256'), position: 0, waiting: [waiter] })
  }

  /** Lets go who has waited long enough, then reads one chunk for who has waited longest. */
  work(): void {
    if (this.#jobs.size === 0) return
    const latestMs = this.#kernel.nowMs() - HOLD_MS_MAX
    for (const job of this.#jobs.values()) {
      const late = job.waiting.filter(({ sinceMs }) => sinceMs <= latestMs)
      job.waiting = job.waiting.filter(({ sinceMs }) => sinceMs > latestMs)
      for (const { held } of late) {
        this.counters.late++
        this.#kernel.answer(held, 'allow')
        if (held !== job.held) this.#release(held) // else it is still read
      }
    }
    const jobs = [...this.#jobs.values()]
    const next = jobs.find(({ waiting }) => waiting.length > 0) ?? jobs[0]
    if (next !== undefined) this.#read(next)
  }

  #read(job: Job): void {
    let count: number
    try {
      count = this.#kernel.read(job.held.fd, this.#chunk, job.position)
    } catch {
      return this.#giveUp(job) // the disk, or a file system that is gone
    }
    job.position += count
    if (job.position > JUDGED_FILE_BYTES_MAX) return this.#giveUp(job) // it grows
    if (count > 0) job.hash.update(this.#chunk.subarray(0, count))
    else this.#finish(job)
  }

  #finish(job: Job): void {
    if (this.#kernel.stateOf(job.held.fd)?.key !== job.key) return this.#giveUp(job)
    const sha256 = job.hash.digest('hex')
    const verdict = mayStart(this.#table, sha256) ? null : sha256
    if (this.#verdicts.size >= VERDICT_COUNT_MAX) {
      const [oldest = job.key] = this.#verdicts.keys()
      this.#verdicts.delete(oldest)
    }
    this.#verdicts.set(job.key, verdict)
    this.#end(job, (held) => this.#answer(held, verdict))
  }

  #giveUp(job: Job): void {
    this.#end(job, (held) => {
      this.counters.unjudged++
      this.#kernel.answer(held, 'allow')
    })
  }

  #end(job: Job, answer: (held: Held) => void): void {
    this.#jobs.delete(job.key)
    for (const { held } of job.waiting) {
      answer(held)
      if (held !== job.held) this.#release(held)
    }
    this.#release(job.held)
  }

  #release(held: Held): void {
    this.#open--
    this.#kernel.release(held)
  }

  #letGo(held: Held): void {
    this.counters.unjudged++
    this.#kernel.answer(held, 'allow')
    this.#kernel.release(held)
  }

  #decide(held: Held, verdict: Sha256Hex | null): void {
    this.#answer(held, verdict)
    this.#kernel.release(held)
  }

  #answer(held: Held, verdict: Sha256Hex | null): void {
    if (verdict === null) this.counters.allowed++
    else this.counters.denied++
    this.#kernel.answer(held, verdict === null ? 'allow' : 'deny')
    if (verdict !== null) this.#onDenied(held, verdict)
  }
}

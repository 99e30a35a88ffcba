import { assert, type Json, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import {
  applyDecision,
  type CompletedRelease,
  currentWave,
  decideWave,
  type FleetTable,
  isSameIntent,
  lookAt,
  type Plan,
  planOf,
  type RolloutPolicy,
  type RolloutState,
  type RolloutStart,
  startRollout,
  type WaveDecision,
} from '@firebreak/rollout'
import type { Journal } from './journal.ts'

/** What a controller keeps on disk: from this it starts again after it was killed. */
interface Durable {
  readonly rollout: RolloutState | null
  readonly completed: readonly CompletedRelease[]
  readonly recalled: readonly Sha256Hex[]
  readonly plan: Plan
}

export interface ControllerParts {
  readonly policy: RolloutPolicy
  readonly table: FleetTable
  readonly bucketOf: (host: number) => number
  readonly baseline: CompletedRelease
  readonly earlier: CompletedRelease
  readonly journal: Journal
  /** Whether it dies at each step that it takes, before and after the step is durable. */
  readonly isKilled: (nowS: number) => boolean
  /** A bug planted by a test of the checks: changes the plan before it is published. */
  readonly tamper: (plan: Plan) => Plan
  /** Second 0 of the simulation. */
  readonly epochMs: WallMs
}

const SECOND_MS = 1_000

/**
 * The server's loop: sweep, look, decide, apply, publish. Every decision is production code. A step is durable as a whole or not at all; what
 * is read back has been through JSON, as from a disk.
 */
export class Controller {
  readonly #parts: ControllerParts
  #durable: Durable
  #listeningSinceMs: WallMs
  #lastVerdict = ''

  constructor(parts: ControllerParts, listeningSinceMs: WallMs) {
    this.#parts = parts
    this.#listeningSinceMs = listeningSinceMs
    const completed = [parts.earlier, parts.baseline]
    const intent = { rollouts: [], completed, recalled: [], evidence: [] }
    this.#durable = { rollout: null, completed, recalled: [], plan: planOf(intent, 1, parts.baseline.completedAtMs) }
    parts.journal.plans.push({ atS: 0, plan: this.#durable.plan })
  }

  get plan(): Plan {
    return this.#durable.plan
  }

  get rollout(): RolloutState | null {
    return this.#durable.rollout
  }

  publish(start: RolloutStart, nowS: number): void {
    const nowMs = this.#ms(nowS)
    const { table, policy, bucketOf } = this.#parts
    table.watch({ pack: start.pack, imageDigest: start.release.imageDigest }, bucketOf)
    this.#step(() => ({ ...this.#durable, rollout: startRollout(policy, start, nowMs) }), nowS)
  }

  /** The server was away, and listens again. */
  resume(nowS: number): void {
    this.#listeningSinceMs = this.#ms(nowS)
  }

  tick(nowS: number): void {
    const nowMs = this.#ms(nowS)
    const { table, policy } = this.#parts
    const before = this.#durable.rollout
    if (before?.status !== 'rolling') return
    table.sweep(nowMs, this.#listeningSinceMs)
    const cells = table.cells(before.pack)
    const looked = lookAt(before, cells, nowMs)
    const decision = decideWave(policy, looked, cells, (ring) => table.census(before.pack, ring), nowMs)
    const after = applyDecision(looked, decision, nowMs)
    this.#note(decision, nowS)
    if (after === before) return
    this.#step(() => {
      const completedRelease = {
        pack: after.pack,
        category: after.category,
        release: after.release,
        completedAtMs: nowMs,
      }
      return {
        ...this.#durable,
        rollout: after,
        completed:
          after.status === 'complete' ? [...this.#durable.completed, completedRelease] : this.#durable.completed,
        // What is halted is withdrawn from those who have it.
        recalled:
          after.status === 'halted' ? [...this.#durable.recalled, after.release.imageDigest] : this.#durable.recalled,
      }
    }, nowS)
    if (decision.kind === 'advance' && decision.next !== 'complete') this.#startWave(nowMs)
    if (after.status !== before.status) this.#parts.journal.statuses.push({ atS: nowS, status: after.status })
  }

  #startWave(nowMs: WallMs): void {
    const { rollout } = this.#durable
    const wave = rollout && currentWave(rollout)
    assert(rollout !== null && wave !== null, 'a wave that starts is the current one')
    this.#parts.table.start(rollout.pack, wave.ring, wave.arms, nowMs)
  }

  /** All of it becomes durable, or nothing. */
  #step(make: () => Omit<Durable, 'plan'>, nowS: number): void {
    const isKilled = this.#parts.isKilled(nowS)
    // Killed before: whatever was worked out is gone, and is worked out again from what was durable.
    if (isKilled) {
      make()
      this.#restart(nowS)
    }
    const next = make()
    const { plan } = this.#durable
    const { rollout, completed, recalled } = next
    const intent = { rollouts: rollout ? [rollout] : [], completed, recalled, evidence: [] }
    const made = this.#parts.tamper(planOf(intent, plan.generation + 1, this.#ms(nowS)))
    const isNews = !isSameIntent(made, plan)
    this.#durable = { ...next, plan: isNews ? made : plan }
    if (isNews) this.#parts.journal.plans.push({ atS: nowS, plan: made })
    // Killed after: what was durable is all that is left.
    if (isKilled) this.#restart(nowS)
  }

  #restart(nowS: number): void {
    this.#durable = JSON.parse(JSON.stringify(this.#durable)) as Durable & Json
    this.#listeningSinceMs = this.#ms(nowS)
  }

  #note({ kind, reason, explanation }: WaveDecision, nowS: number): void {
    if (this.#lastVerdict === `${kind} ${reason}` && kind === 'hold') return
    this.#lastVerdict = `${kind} ${reason}`
    this.#parts.journal.verdicts.push({ atS: nowS, kind, reason, explanation })
  }

  #ms(nowS: number): WallMs {
    return this.#parts.epochMs + nowS * SECOND_MS
  }
}

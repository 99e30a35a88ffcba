import type { WallMs } from '@firebreak/kernel'

/**
 * The right of one controller to decide and write, for a while. Kept where the rollouts are kept, so that one transaction can check it and write.
 * Clocks decide only who may ask for it when; that never two write is up to the token.
 */
export interface Lease {
  /** One process: drawn at random when it starts. */
  readonly holder: string
  /** The fencing token. Rises with each change of hands; a write with another one than is kept is refused. */
  readonly token: number
  /** By the clock of the holder. */
  readonly expiresAtMs: WallMs
}

export type LeaseDecision =
  /** To be written in place of what is kept, in one transaction with reading it. */
  | { readonly kind: 'renew' | 'take'; readonly reason: LeaseReason; readonly lease: Lease }
  /** Somebody else holds it: decide nothing, write nothing, ask again. */
  | { readonly kind: 'wait'; readonly reason: 'held'; readonly untilMs: WallMs }

export type LeaseReason =
  | 'free' // nobody ever held it
  | 'own' // also when it has run out meanwhile, as long as nobody else took it
  | 'expired'
  | 'implausible' // it runs longer than anybody may ask for: a clock was wrong

/** A lease that claims to run for more than this many of the asker's own lengths was written by a wrong clock. */
const LENGTHS_MAX = 2

/**
 * Whether `me` may decide now. With clocks that disagree it is given away too early or too late, which costs a decision or a wait,
 * and no more: the controller that lost it holds a lower token, and its next write is refused.
 *
 * @param held - as kept; null: nobody ever held it
 * @see Kleppmann, How to do distributed locking (2016): the pause between decision and write, and the fencing token
 */
export function decideLease(held: Lease | null, me: string, nowMs: WallMs, ttlMs: number): LeaseDecision {
  const lease = { holder: me, token: (held?.token ?? 0) + 1, expiresAtMs: nowMs + ttlMs }
  if (held === null) return { kind: 'take', reason: 'free', lease }
  if (held.holder === me) return { kind: 'renew', reason: 'own', lease: { ...lease, token: held.token } }
  if (held.expiresAtMs <= nowMs) return { kind: 'take', reason: 'expired', lease }
  if (held.expiresAtMs - nowMs > LENGTHS_MAX * ttlMs) return { kind: 'take', reason: 'implausible', lease }
  return { kind: 'wait', reason: 'held', untilMs: held.expiresAtMs }
}

/** Asked inside the transaction of each write: whether `mine` is still the lease that is kept. Time plays no part in it. */
export function mayWrite(kept: Lease | null, mine: Lease): boolean {
  return kept !== null && kept.holder === mine.holder && kept.token === mine.token
}

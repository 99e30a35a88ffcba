import type { WallMs } from '@firebreak/kernel'
import { decideLease, type Lease, type LeaseDecision, mayWrite } from '@firebreak/rollout'
import type { Database } from '@firebreak/sqlite'
import { ServerError } from './errors.ts'
import { isGone } from './lease-holder.ts'
import { numberOf, type Store, textOf } from './schema.ts'

/** How long others wait for a server that says nothing. */
export const LEASE_MS = 10_000
/** Often enough that a busy moment costs nothing. */
export const RENEW_MS = 2_500

/**
 * The right to decide and to publish, as one server holds it. Any number of servers may have the database open; all that they write goes
 * through `fenced`, which looks at the token inside the transaction. So whoever slept through the end of its lease writes nothing,
 * whatever its clock says and whatever it believes.
 */
export class HeldLease {
  readonly #database: Database
  readonly #lease: Lease

  constructor(database: Database, lease: Lease) {
    this.#database = database
    this.#lease = lease
  }

  get token(): number {
    return this.#lease.token
  }

  /**
   * Inside a transaction.
   *
   * @throws ServerError server/lease-lost
   */
  check(): void {
    const kept = leaseOf(this.#database)
    if (mayWrite(kept, this.#lease)) return
    const tokens = { token: this.token, kept: kept?.token ?? 0 }
    throw new ServerError(
      'server/lease-lost',
      'Cannot go on: another server took over; start again to stand by',
      tokens,
    )
  }

  /** @throws ServerError server/lease-lost */
  renew(nowMs: WallMs): void {
    this.fenced().transaction(() => write(this.#database, { ...this.#lease, expiresAtMs: nowMs + LEASE_MS }))
  }

  /** Lets the next server begin at once. Nothing happens when the lease is lost already. */
  release(): void {
    this.#database.transaction(() => {
      if (mayWrite(leaseOf(this.#database), this.#lease)) write(this.#database, { ...this.#lease, expiresAtMs: 0 })
    })
  }

  /** The database, for the holder of the lease: each transaction begins by asking whether it still is. */
  fenced(): Store {
    const database = this.#database
    return {
      prepare: (sql) => database.prepare(sql),
      exec: (sql) => database.exec(sql),
      transaction: (action) =>
        database.transaction(() => {
          this.check()
          return action()
        }),
    }
  }
}

/** Takes the lease for `holder` when nobody has it: it ran out, was given back, or its holder is known to be gone. */
export function claimLease(database: Database, holder: string, nowMs: WallMs): HeldLease | null {
  // First without a lock: a stand-by asks often, and must not get into the way.
  if (decide(database, holder, nowMs).kind === 'wait') return null
  return database.transaction(() => {
    const decision = decide(database, holder, nowMs)
    if (decision.kind === 'wait') return null
    write(database, decision.lease)
    return new HeldLease(database, decision.lease)
  })
}

/** As it is kept; null: nobody ever held it. */
export function leaseOf(database: Pick<Database, 'prepare'>): Lease | null {
  const row = database.prepare('select holder, token, expires_at_ms from lease').get()
  if (!row) return null
  return { holder: textOf(row, 'holder'), token: numberOf(row, 'token'), expiresAtMs: numberOf(row, 'expires_at_ms') }
}

function decide(database: Database, holder: string, nowMs: WallMs): LeaseDecision {
  const kept = leaseOf(database)
  return decideLease(kept && isGone(kept.holder) ? { ...kept, expiresAtMs: 0 } : kept, holder, nowMs, LEASE_MS)
}

function write(database: Database, { holder, token, expiresAtMs }: Lease): void {
  database
    .prepare('insert or replace into lease(id, holder, token, expires_at_ms) values (1, ?, ?, ?)')
    .run(holder, token, expiresAtMs)
}

import type { Database } from '@firebreak/sqlite'
import { ServerError } from './errors.ts'
import { type Fleet, openFleet, type ServerBasis } from './fleet.ts'
import { numberOf, type Store } from './schema.ts'

/** Reading all of it again costs a second with the largest fleet. */
export const REREAD_MS_MIN = 2_000

/** What a server knows while another one decides: what the database says, read again when it has changed. */
export class StandBy {
  readonly #basis: ServerBasis
  readonly #database: Database
  #fleet: Fleet
  #readAtMs: number
  #version: number

  constructor(basis: ServerBasis, database: Database) {
    this.#basis = basis
    this.#database = database
    this.#readAtMs = basis.now()
    this.#version = this.#versionNow()
    this.#fleet = this.#read()
  }

  /** At most REREAD_MS_MIN old. */
  get fleet(): Fleet {
    this.refresh()
    return this.#fleet
  }

  /** @returns whether there was something new */
  refresh(): boolean {
    const nowMs = this.#basis.now()
    if (nowMs - this.#readAtMs < REREAD_MS_MIN) return false
    const version = this.#versionNow()
    if (version === this.#version) return false
    this.#fleet = this.#read()
    this.#readAtMs = nowMs
    this.#version = version
    return true
  }

  /** As of one moment, though the other server goes on writing. */
  #read(): Fleet {
    const bug = (error: unknown) => {
      throw error
    }
    this.#database.exec('begin')
    try {
      return openFleet(this.#basis, readOnly(this.#database), { onKept: () => {}, onFatal: bug })
    } finally {
      this.#database.exec('rollback')
    }
  }

  /** Changes when another connection has committed something. */
  #versionNow(): number {
    return numberOf(this.#database.prepare('pragma data_version').get() ?? {}, 'data_version')
  }
}

/** @throws ServerError server/stand-by, always */
export function refuseAsStandBy(): never {
  throw new ServerError('server/stand-by', 'Cannot do this here: another server decides, and this one stands by for it')
}

/** For whoever only looks. */
export function readOnly(database: Database): Store {
  return { prepare: (sql) => database.prepare(sql), exec: refuseAsStandBy, transaction: refuseAsStandBy }
}

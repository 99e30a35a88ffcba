import { randomBytes } from 'node:crypto'
import type { Enrolled, Enrolment } from '@firebreak/api'
import type { WallMs } from '@firebreak/kernel'
import type { Database } from '@firebreak/sqlite'
import { ServerError } from './errors.ts'
import { numberOf, textOf } from './schema.ts'
import { newToken, tokenHash } from './tokens.ts'

export interface Host {
  readonly host: string
  readonly name: string
  readonly ring: string
  readonly enrolledAtMs: WallMs
}

/** One server process keeps every host in memory. */
export const HOSTS_MAX = 100_000
const HOST_ID_BYTES = 10

/** Every enrolled host. An enrolment is durable before its token is handed out. */
export class Hosts {
  readonly #database: Database
  readonly #byTokenHash = new Map<string, Host>()
  readonly #all: Host[] = []

  constructor(database: Database) {
    this.#database = database
    for (const row of database.prepare('select * from host order by enrolled_at_ms, host').all()) {
      const host = {
        host: textOf(row, 'host'),
        name: textOf(row, 'name'),
        ring: textOf(row, 'ring'),
        enrolledAtMs: numberOf(row, 'enrolled_at_ms'),
      }
      this.#remember(host, textOf(row, 'token_hash'))
    }
  }

  /** In the order of enrolment. */
  get all(): readonly Host[] {
    return this.#all
  }

  /** The host that holds `token`, or null. The look-up is by digest: its time tells nothing about the token. */
  byToken(token: string): Host | null {
    return this.#byTokenHash.get(tokenHash(token)) ?? null
  }

  /** @throws ServerError server/hosts-full, SqliteError */
  enrol({ name, ring }: Enrolment, nowMs: WallMs): Enrolled {
    if (this.#all.length >= HOSTS_MAX) {
      throw new ServerError('server/hosts-full', `Cannot enrol: ${HOSTS_MAX} hosts are enrolled already`)
    }
    const token = newToken()
    const host = { host: `h-${randomBytes(HOST_ID_BYTES).toString('hex')}`, name, ring, enrolledAtMs: nowMs }
    this.#database.transaction(() =>
      this.#database
        .prepare('insert into host(host, name, ring, enrolled_at_ms, token_hash) values (?, ?, ?, ?, ?)')
        .run(host.host, name, ring, nowMs, tokenHash(token)),
    )
    this.#remember(host, tokenHash(token))
    return { host: host.host, token }
  }

  #remember(host: Host, hash: string): void {
    this.#all.push(host)
    this.#byTokenHash.set(hash, host)
  }
}

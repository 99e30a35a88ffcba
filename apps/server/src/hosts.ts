import { randomBytes } from 'node:crypto'
import type { Enrolled, Enrolment } from '@firebreak/api'
import { assert, type WallMs } from '@firebreak/kernel'
import { ServerError } from './errors.ts'
import { numberOf, type Store, textOf } from './schema.ts'
import { newToken, tokenHash } from './tokens.ts'

export interface Host {
  readonly host: string
  /** From 0, without gaps, in the order of enrolment, for ever: cohorts are kept by it. */
  readonly number: number
  readonly name: string
  readonly ring: string
  readonly enrolledAtMs: WallMs
}

/** One server process keeps every host in memory. */
export const HOSTS_MAX = 100_000
const HOST_ID_BYTES = 10

/** Every enrolled host. An enrolment is durable before its token is handed out. */
export class Hosts {
  readonly #store: Store
  readonly #onHost: (host: Host) => void
  readonly #byTokenHash = new Map<string, Host>()
  readonly #byName = new Map<string, Host>()
  readonly #all: Host[] = []

  /** @param onHost - told of each host, in the order of their numbers */
  constructor(store: Store, onHost: (host: Host) => void) {
    this.#store = store
    this.#onHost = onHost
    for (const row of store.prepare('select * from host order by number').all()) {
      const host = {
        host: textOf(row, 'host'),
        number: numberOf(row, 'number'),
        name: textOf(row, 'name'),
        ring: textOf(row, 'ring'),
        enrolledAtMs: numberOf(row, 'enrolled_at_ms'),
      }
      this.#remember(host, textOf(row, 'token_hash'))
    }
  }

  /** In the order of enrolment, so by number. */
  get all(): readonly Host[] {
    return this.#all
  }

  /** Of a host that is enrolled. */
  numberOf(host: string): number {
    const found = this.#byName.get(host)
    assert(found !== undefined, 'a host that has reported is enrolled')
    return found.number
  }

  /** The host that holds `token`, or null. The look-up is by digest: its time tells nothing about the token. */
  byToken(token: string): Host | null {
    return this.#byTokenHash.get(tokenHash(token)) ?? null
  }

  /** @throws ServerError server/hosts-full | server/lease-lost, SqliteError */
  enrol({ name, ring }: Enrolment, nowMs: WallMs): Enrolled {
    if (this.#all.length >= HOSTS_MAX) {
      throw new ServerError('server/hosts-full', `Cannot enrol: ${HOSTS_MAX} hosts are enrolled already`)
    }
    const token = newToken()
    const number = this.#all.length
    const host = { host: `h-${randomBytes(HOST_ID_BYTES).toString('hex')}`, number, name, ring, enrolledAtMs: nowMs }
    this.#store.transaction(() =>
      this.#store
        .prepare('insert into host(host, number, name, ring, enrolled_at_ms, token_hash) values (?, ?, ?, ?, ?, ?)')
        .run(host.host, number, name, ring, nowMs, tokenHash(token)),
    )
    this.#remember(host, tokenHash(token))
    return { host: host.host, token }
  }

  #remember(host: Host, hash: string): void {
    assert(host.number === this.#all.length, 'hosts are numbered without gaps')
    this.#all.push(host)
    this.#byName.set(host.host, host)
    this.#byTokenHash.set(hash, host)
    this.#onHost(host)
  }
}

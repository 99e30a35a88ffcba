import type { ControllerStatus } from '@firebreak/api'
import { listen } from '@firebreak/http'
import type { RolloutPolicy } from '@firebreak/rollout'
import { SqliteError, type Database } from '@firebreak/sqlite'
import { type Active, activate, every } from './active.ts'
import { dataFolder, readGateKeys, readOnlineKeys, readRoots } from './data-folder.ts'
import { fleetStatus, type ServerBasis } from './fleet.ts'
import { claimLease, type HeldLease, leaseOf, RENEW_MS } from './lease.ts'
import { nameOfHolder } from './lease-holder.ts'
import { log } from './log.ts'
import { answerError, apiRoutes } from './routes.ts'
import { openSharedStore } from './schema.ts'
import { refuseAsStandBy, StandBy } from './stand-by.ts'
import { StreamHub } from './stream.ts'
import { TokenGuard } from './tokens.ts'

export interface ServeOptions {
  readonly data: string
  readonly host: string
  readonly port: number
  readonly policy: RolloutPolicy
  readonly console: string | null
  readonly tls: { readonly certificate: string; readonly privateKey: string } | null
  /** How often rollouts are judged. */
  readonly tickMs: number
  /** The database or the disk failed after memory had advanced: the process has to end, the next start repairs. */
  readonly onFatal: (error: unknown) => void
}

export interface RunningServer {
  readonly url: string
  /** As of its start. One that stands by takes over when the one that decides ends. */
  readonly role: ControllerStatus['role']
  /** Finishes what was begun, ends streams, frees the data folder. */
  close(): Promise<void>
}

/**
 * Wires the parts together and listens. Of several servers on one data folder one decides and takes reports; the others answer questions.
 *
 * @throws ServerError | SqliteError | DurableError | TufError | HttpError, each with a sentence that says what to do
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const folder = dataFolder(options.data)
  const keys = await readOnlineKeys(folder)
  const gateKeys = await readGateKeys(folder)
  const roots = await readRoots(folder)
  const database = openSharedStore(folder.database)
  const basis = { policy: options.policy, folder, roots, keys, gateKeys, now: () => Date.now() }
  const server = new Server(options, basis, database)
  try {
    return await server.start()
  } catch (error) {
    await server.close().catch(() => {}) // what failed first is what matters
    throw error
  }
}

class Server {
  readonly #options: ServeOptions
  readonly #basis: ServerBasis
  readonly #database: Database
  readonly #stream: StreamHub
  readonly #holder = nameOfHolder()
  #active: Active | null = null
  #standBy: StandBy | null = null
  #waiting: ReturnType<typeof every> | null = null
  #http: Awaited<ReturnType<typeof listen>> | null = null

  constructor(options: ServeOptions, basis: ServerBasis, database: Database) {
    this.#options = options
    this.#basis = basis
    this.#database = database
    const recent = () => this.#fleet.ingest.recentDetections()
    this.#stream = new StreamHub(() => this.#status(), recent)
  }

  async start(): Promise<RunningServer> {
    const tokens = new TokenGuard(this.#database)
    const lease = this.#claim()
    if (lease) this.#active = await this.#activate(lease)
    else this.#standBy = new StandBy(this.#basis, this.#database)
    const { host, port, tls, console, onFatal } = this.#options
    const { folder, now } = this.#basis
    const active = () => this.#active ?? refuseAsStandBy()
    const parts = { tokens, stream: this.#stream, folder, console, now, active }
    const known = { status: () => this.#status(), plan: () => this.#fleet.repository.plan }
    this.#http = await listen({
      host,
      port,
      ...(tls ? { tls } : {}),
      routes: apiRoutes({ ...parts, ...known }),
      onError: answerError,
    })
    if (!lease) this.#waiting = every(RENEW_MS, () => this.#takeOver(), onFatal)
    return { url: this.#http.url, role: lease ? 'active' : 'stand-by', close: () => this.close() }
  }

  async close(): Promise<void> {
    await this.#waiting?.stop()
    this.#stream.close()
    await this.#http?.close()
    await this.#active?.stop()
    this.#database.close()
  }

  get #fleet() {
    return this.#active?.fleet ?? this.#standBy?.fleet ?? refuseAsStandBy()
  }

  #status() {
    const role = this.#active ? 'active' : 'stand-by'
    const token = leaseOf(this.#database)?.token ?? 0
    return fleetStatus(this.#fleet, { role, token }, this.#basis.now())
  }

  #activate(lease: HeldLease): Promise<Active> {
    const { tickMs, onFatal } = this.#options
    return activate({ ...this.#basis, lease, stream: this.#stream, tickMs, onFatal })
  }

  async #takeOver(): Promise<void> {
    if (this.#active) return
    const lease = this.#claim()
    if (!lease) {
      if (this.#standBy?.refresh() === true) this.#stream.statusChanged()
      return
    }
    this.#active = await this.#activate(lease)
    this.#standBy = null
    log('took-over', { token: lease.token })
    this.#stream.statusChanged()
  }

  /** A server that was stopped in the middle of a transaction keeps others from writing: they ask again later. */
  #claim(): HeldLease | null {
    try {
      return claimLease(this.#database, this.#holder, this.#basis.now())
    } catch (error) {
      if (error instanceof SqliteError && error.code === 'sqlite/locked') return null
      throw error
    }
  }
}

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteError, sqliteError } from './errors.ts'

/** What a column may hold. Integers are safe integers. */
export type SqlValue = null | number | string | Uint8Array
export type SqlRow = Readonly<Record<string, SqlValue>>

export interface OpenOptions {
  /** SQL of each step, in order; the database remembers how many it has had. Steps are only ever added at the end. */
  readonly migrations: readonly string[]
  /** The database refuses to grow above this. */
  readonly sizeBytesMax?: number
  /**
   * Whether other processes of this machine may have it open too. Their transactions then take turns, each waits for another at most
   * BUSY_TIMEOUT_MS, and who may write is for the caller to decide. Default: this process alone.
   */
  readonly isShared?: boolean
}

export const DATABASE_SIZE_BYTES_MAX = 64 * 1024 * 1024 * 1024
export const BUSY_TIMEOUT_MS = 5_000
const PAGE_BYTES = 4096

/** A prepared statement. Parameters are positional. */
export class Statement {
  readonly #statement: StatementSync
  readonly #path: string

  constructor(statement: StatementSync, path: string) {
    this.#statement = statement
    this.#path = path
  }

  /** @throws SqliteError */
  run(...values: readonly SqlValue[]): { readonly changes: number } {
    return { changes: Number(this.#do((statement) => statement.run(...(values as SQLInputValue[]))).changes) }
  }

  /** @throws SqliteError */
  get(...values: readonly SqlValue[]): SqlRow | null {
    return (this.#do((statement) => statement.get(...(values as SQLInputValue[]))) as SqlRow | undefined) ?? null
  }

  /** @throws SqliteError */
  all(...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#do((statement) => statement.all(...(values as SQLInputValue[]))) as readonly SqlRow[]
  }

  #do<T>(action: (statement: StatementSync) => T): T {
    try {
      return action(this.#statement)
    } catch (error) {
      throw sqliteError(`use ${this.#path}`, error)
    }
  }
}

/**
 * One SQLite file. Invariants: a transaction that returned is on the disk (WAL, synchronous=FULL); a crash at any moment leaves
 * all of a transaction or nothing. Unless it is shared, no other process can open the file while this is open, and the operating
 * system frees it when this process dies.
 */
export class Database {
  readonly #database: DatabaseSync
  readonly #path: string

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
  }

  /** @throws SqliteError */
  prepare(sql: string): Statement {
    try {
      return new Statement(this.#database.prepare(sql), this.#path)
    } catch (error) {
      throw sqliteError(`use ${this.#path}`, error)
    }
  }

  /**
   * Runs `action` as one transaction, which is durable when this returns. When it throws, nothing has happened.
   * Not nested; `action` must not be asynchronous.
   *
   * @throws SqliteError, or what `action` throws
   */
  transaction<T>(action: () => T): T {
    this.exec('begin immediate')
    try {
      const result = action()
      this.exec('commit')
      return result
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  /** @throws SqliteError */
  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw sqliteError(`use ${this.#path}`, error)
    }
  }

  close(): void {
    this.#database.close()
  }
}

/**
 * Opens or creates the database at `path` and brings its tables up to date.
 *
 * @throws SqliteError sqlite/locked while another process has it open | sqlite/newer | sqlite/corrupt | sqlite/permission |
 *   sqlite/full | sqlite/fault
 */
export function openDatabase(path: string, options: OpenOptions): Database {
  let native: DatabaseSync
  try {
    native = new DatabaseSync(path, { timeout: options.isShared === true ? BUSY_TIMEOUT_MS : 0 })
  } catch (error) {
    throw sqliteError(`open ${path}`, error)
  }
  const database = new Database(native, path)
  try {
    // In exclusive mode the first write takes a lock that is kept until the process ends.
    native.exec(`pragma locking_mode = ${options.isShared === true ? 'normal' : 'exclusive'}`)
    native.exec(`pragma journal_mode = wal; pragma synchronous = full;`)
    native.exec(`pragma foreign_keys = on; pragma page_size = ${PAGE_BYTES};`)
    const bytesMax = options.sizeBytesMax ?? DATABASE_SIZE_BYTES_MAX
    native.exec(`pragma max_page_count = ${Math.floor(bytesMax / PAGE_BYTES)}`)
    database.transaction(() => migrate(native, path, options.migrations))
    return database
  } catch (error) {
    native.close()
    throw sqliteError(`open ${path}`, error)
  }
}

function migrate(native: DatabaseSync, path: string, migrations: readonly string[]): void {
  const had = Number(native.prepare('pragma user_version').get()?.['user_version'])
  if (had > migrations.length) {
    throw new SqliteError('sqlite/newer', `Cannot open ${path}: it was written by a newer version of this program`, {
      found: had,
      known: migrations.length,
    })
  }
  for (const sql of migrations.slice(had)) native.exec(sql)
  // Written in any case: this is what takes the lock.
  native.exec(`pragma user_version = ${migrations.length}`)
}

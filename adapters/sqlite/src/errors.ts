import { FirebreakError } from '@firebreak/kernel'

export type SqliteErrorCode =
  | 'sqlite/locked' // another process has the database open
  | 'sqlite/full' // no space on the disk, or the database's own limit
  | 'sqlite/corrupt' // not a database, or a damaged one
  | 'sqlite/permission' // may not be read, written or created
  | 'sqlite/newer' // written by a newer version of the program
  | 'sqlite/fault' // any other fault: IO, or a statement of ours that is wrong

export class SqliteError extends FirebreakError<SqliteErrorCode> {}

/** Primary result codes, https://www.sqlite.org/rescode.html */
const CODES: ReadonlyMap<number, SqliteErrorCode> = new Map([
  [3, 'sqlite/permission'], // SQLITE_PERM
  [5, 'sqlite/locked'], // SQLITE_BUSY
  [6, 'sqlite/locked'], // SQLITE_LOCKED
  [8, 'sqlite/permission'], // SQLITE_READONLY
  [11, 'sqlite/corrupt'], // SQLITE_CORRUPT
  [13, 'sqlite/full'], // SQLITE_FULL
  [14, 'sqlite/permission'], // SQLITE_CANTOPEN
  [26, 'sqlite/corrupt'], // SQLITE_NOTADB
])

const REASONS: Readonly<Record<Exclude<SqliteErrorCode, 'sqlite/fault' | 'sqlite/newer'>, string>> = {
  'sqlite/locked': 'another process is using it; stop that one first',
  'sqlite/full': 'the disk is full; free some space and start again',
  'sqlite/corrupt': 'it is not a database of ours, or it is damaged',
  'sqlite/permission': 'it may not be opened or written; check the owner of its folder',
}

/** What node:sqlite threw, as one of ours; `what` completes *Cannot ...*. */
export function sqliteError(what: string, error: unknown): unknown {
  if (error instanceof FirebreakError || !isNative(error)) return error
  const code = CODES.get(error.errcode & 0xff) ?? 'sqlite/fault'
  const reason = code === 'sqlite/fault' || code === 'sqlite/newer' ? error.message : REASONS[code]
  return new SqliteError(code, `Cannot ${what}: ${reason}`, { errcode: error.errcode }, error)
}

function isNative(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

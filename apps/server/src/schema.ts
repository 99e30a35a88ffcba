import { type Database, DATABASE_SIZE_BYTES_MAX, openDatabase, type SqlRow, type SqlValue } from '@firebreak/sqlite'

/**
 * The tables of the server. Each is written by one module: setting (tokens), host (hosts), journal, host_state, detection and
 * detection_mark (ingest), release, rollout, recalled and verdict (ledger), metadata and plan (repository).
 */
const MIGRATIONS: readonly string[] = [
  `
  create table setting(key text primary key, value text not null) without rowid;
  create table host(
    host text primary key, name text not null, ring text not null, enrolled_at_ms integer not null,
    token_hash text not null unique
  ) without rowid;
  create table journal(id integer primary key, entries text not null);
  create table host_state(host text primary key, seen_at_ms integer not null, beacon text not null) without rowid;
  create table detection(id integer primary key autoincrement, host text not null, record text not null);
  create table detection_mark(host text primary key, sequence integer not null) without rowid;
  create table release(
    image_digest text primary key, pack text not null, version text not null, category text not null,
    gate_report_digest text not null, published_at_ms integer not null, status text not null,
    completed_at_ms integer
  ) without rowid;
  create table rollout(pack text primary key, state text not null) without rowid;
  create table recalled(image_digest text primary key) without rowid;
  create table verdict(id integer primary key autoincrement, record text not null);
  create table metadata(
    role text primary key, file text not null, version integer not null, expires_at_ms integer not null,
    bytes blob not null
  ) without rowid;
  create table plan(id integer primary key check (id = 1), bytes blob not null);
  `,
]

/** @throws SqliteError */
export function openStore(path: string, sizeBytesMax = DATABASE_SIZE_BYTES_MAX): Database {
  return openDatabase(path, { migrations: MIGRATIONS, sizeBytesMax })
}

export function textOf(row: SqlRow, column: string): string {
  return String(row[column])
}

export function numberOf(row: SqlRow, column: string): number {
  return Number(row[column])
}

export function bytesOf(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}

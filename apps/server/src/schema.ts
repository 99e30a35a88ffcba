import { type Database, DATABASE_SIZE_BYTES_MAX, openDatabase, type SqlRow, type SqlValue } from '@firebreak/sqlite'

/**
 * The tables of the server. Each is written by one module: setting (tokens), host (hosts), journal, host_state, detection and
 * detection_mark (ingest), release, rollout, cohort, recalled and verdict (ledger), metadata and plan (repository), lease (lease).
 */
export const MIGRATIONS: readonly string[] = [
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
  // Rollouts of the first format were judged by rules that are gone, on cohorts that were lists of names. They end here: what still
  // rolled is halted, so hosts keep what they have, nobody else gets it, and its vendor releases it again under a new version.
  `
  create table lease(
    id integer primary key check (id = 1), holder text not null, token integer not null, expires_at_ms integer not null
  );
  alter table host add column number integer not null default 0;
  update host set number = one.number from (
    select host, row_number() over (order by enrolled_at_ms, host) - 1 as number from host
  ) as one where host.host = one.host;
  create unique index host_number on host(number);
  create table cohort(pack text primary key, members blob not null) without rowid;
  update release set status = 'halted' where status = 'rolling';
  delete from rollout;
  delete from verdict;
  `,
]

/** A database as most modules see it: whether writing is fenced by a lease is not their business. */
export type Store = Pick<Database, 'prepare' | 'exec' | 'transaction'>

/** For this process alone. @throws SqliteError */
export function openStore(path: string, sizeBytesMax = DATABASE_SIZE_BYTES_MAX): Database {
  return openDatabase(path, { migrations: MIGRATIONS, sizeBytesMax })
}

/** For servers that agree by lease who writes. @throws SqliteError */
export function openSharedStore(path: string): Database {
  return openDatabase(path, { migrations: MIGRATIONS, isShared: true })
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

import {
  boolean,
  concatBytes,
  digest,
  integer,
  jsonBytes,
  list,
  literal,
  malformed,
  object,
  parseJson,
  type Reader,
  type Sha256Hex,
  text,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import type { FleetState } from './fleet-state.ts'
import { imageIn, placeOf } from './host-columns.ts'
import { cellOf, CELLS_MAX, type ReleaseWatch } from './release-watch.ts'
import { type Cell, SIGNALS } from './signals.ts'
import { kindKey } from './strata.ts'
import { durationMs, hourAfter, ticksOfHour } from './time-scale.ts'

/**
 * The cohorts of a rollout, written down: a length in 4 bytes, so many bytes of JSON (`MembersHead`), then 6 bytes for each host in order of their numbers:
 * cell, history, and the hour of the last silence; 16 bits each, little-endian. What beacons say is not in it, except as far as it counted.
 */
interface MembersHead {
  readonly format: 1
  readonly imageDigest: Sha256Hex
  readonly epochMs: WallMs
  readonly hosts: number
  /** In the order of the bits of a history and of the counts of a cell. */
  readonly signals: readonly string[]
  readonly waves: readonly { readonly wave: number; readonly startedAtMs: WallMs }[]
  readonly cells: readonly SavedCell[]
}

interface SavedCell extends Cell {
  readonly isOutside: boolean
}

/** Room for CELLS_MAX cells. */
const HEAD_SIZE_BYTES_MAX = 67_108_864
const HOSTS_MAX = 0xffff_ffff
const STRATUM_CHARS_MAX = 512
const HEAD_LENGTH_BYTES = 4
const HOST_BYTES = 6

const count = integer(0, HOSTS_MAX)
const counts: Reader<readonly number[]> = (value, at) => {
  const read = list(count, SIGNALS.length)(value, at)
  if (read.length !== SIGNALS.length) throw malformed(at, `${SIGNALS.length} counts`, `${read.length}`)
  return read
}
const wave = integer(1, PLAN_WAVES_MAX)

const head = object<MembersHead>({
  format: literal(1),
  imageDigest: digest,
  epochMs: integer(0, WALL_MS_MAX),
  hosts: count,
  signals: list(text(64), SIGNALS.length),
  waves: list(object<MembersHead['waves'][number]>({ wave, startedAtMs: integer(0, WALL_MS_MAX) }), PLAN_WAVES_MAX),
  cells: list(
    object<SavedCell>({
      wave,
      stratum: text(STRATUM_CHARS_MAX),
      arm: literal('exposed', 'control'),
      isOutside: boolean,
      cohort: count,
      enrolled: count,
      confirmed: count,
      proven: count,
      rebooted: count,
      events: counts,
      left: counts,
    }),
    CELLS_MAX,
  ),
})

export function encodeMembers({ columns, hosts, kinds, scale }: FleetState, watch: ReleaseWatch): Uint8Array {
  const value: MembersHead = {
    format: 1,
    imageDigest: watch.release.imageDigest,
    epochMs: scale.epochMs,
    hosts,
    signals: SIGNALS,
    waves: watch.waves.map(({ wave: number, startedAt }) => ({
      wave: number,
      startedAtMs: Math.floor(scale.ms(startedAt)),
    })),
    cells: watch.tallies.map((tally) => ({ ...cellOf(tally), isOutside: tally.isOutside })),
  }
  const json = jsonBytes({ ...value })
  const length = new Uint8Array(HEAD_LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, json.length, true)
  const rows = new Uint8Array(HOST_BYTES * hosts)
  const view = new DataView(rows.buffer)
  for (let host = 0; host < hosts; host++) {
    const isOf = kinds.value(columns.kind[host] ?? 0).watch === watch
    view.setUint16(HOST_BYTES * host, isOf ? (columns.cell[host] ?? 0) : 0, true)
    view.setUint16(HOST_BYTES * host + 2, isOf ? (columns.history[host] ?? 0) : 0, true)
    view.setUint16(HOST_BYTES * host + 4, columns.unsteadyAt[host] ?? 0, true)
  }
  return concatBytes([length, json, rows])
}

/** @throws KernelError kernel/malformed; nothing has changed then */
export function restoreMembers(fleet: FleetState, watch: ReleaseWatch, bytes: Uint8Array): void {
  const saved = readMembers(bytes)
  const { cells, imageDigest, waves } = saved.head
  if (imageDigest !== watch.release.imageDigest) {
    throw malformed('members.imageDigest', watch.release.imageDigest, imageDigest)
  }
  if (saved.head.hosts > fleet.hosts) throw malformed('members.hosts', `at most ${fleet.hosts}`, saved.head.hosts)
  checkRows(saved)
  const startedAt = new Map(waves.map((one) => [one.wave, fleet.scale.heardAt(one.startedAtMs)]))
  for (const [number, ticks] of startedAt) watch.startWave({ wave: number, startedAt: ticks })
  for (const one of cells) {
    const mutable = { ...one, events: [...one.events], left: [...one.left] }
    watch.addTally({ ...mutable, startedAt: startedAt.get(one.wave) ?? 0, cell: null })
  }
  for (let host = 0; host < saved.head.hosts; host++) restoreHost(fleet, watch, host, saved)
}

interface SavedMembers {
  readonly head: MembersHead
  readonly rows: DataView
}

function readMembers(bytes: Uint8Array): SavedMembers {
  if (bytes.length < HEAD_LENGTH_BYTES) throw malformed('members', 'a length', `${bytes.length} bytes`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const from = HEAD_LENGTH_BYTES + length
  const json = bytes.subarray(HEAD_LENGTH_BYTES, from)
  const read = head(parseJson(json, HEAD_SIZE_BYTES_MAX, 'members'), 'members')
  if (bytes.length !== from + HOST_BYTES * read.hosts) {
    throw malformed('members', `${HOST_BYTES} bytes for each of ${read.hosts} hosts`, `${bytes.length - from}`)
  }
  if (read.signals.join() !== SIGNALS.join()) throw malformed('members.signals', SIGNALS.join(), read.signals.join())
  return { head: read, rows: new DataView(bytes.buffer, bytes.byteOffset + from) }
}

/** A cell of a wave that started, each once; and hosts in cells that exist. */
function checkRows({ head: { cells, hosts, waves }, rows }: SavedMembers): void {
  if (waves.some((one, i) => one.wave <= (waves[i - 1]?.wave ?? 0))) {
    throw malformed('members.waves', 'waves in order', waves.map((one) => one.wave).join())
  }
  const started = new Set(waves.map((one) => one.wave))
  const names = new Set(cells.map((one) => `${one.wave} ${one.arm} ${one.stratum}`))
  if (names.size !== cells.length) throw malformed('members.cells', 'each cell once', 'one twice')
  if (!cells.every((one) => started.has(one.wave))) throw malformed('members.cells', 'waves that started', 'another')
  for (let host = 0; host < hosts; host++) {
    const cell = rows.getUint16(HOST_BYTES * host, true)
    const isElsewhere = cell === 0 && rows.getUint16(HOST_BYTES * host + 2, true) !== 0
    if (cell > cells.length || isElsewhere) throw malformed(`members.rows[${host}]`, 'a cell that is listed', cell)
  }
}

/** A host of a cell has the pack, whatever else it will say. */
function restoreHost(fleet: FleetState, watch: ReleaseWatch, host: number, { head: saved, rows }: SavedMembers): void {
  const { columns, kinds, scale } = fleet
  const unsteadyAt = rows.getUint16(HOST_BYTES * host + 4, true)
  if (unsteadyAt !== 0) {
    const sinceEpochMs = durationMs(ticksOfHour(unsteadyAt))
    const hour = hourAfter(scale.heardAt(saved.epochMs + sinceEpochMs))
    columns.unsteadyAt[host] = Math.max(columns.unsteadyAt[host] ?? 0, hour)
  }
  const cell = rows.getUint16(HOST_BYTES * host, true)
  if (cell === 0) return
  const number = columns.kind[host] ?? 0
  const kind = { ...kinds.value(number), pack: watch.release.pack, watch }
  columns.kind[host] = kinds.take(kindKey(kind), kind)
  kinds.drop(number)
  columns.place[host] = placeOf(watch.bucketOf(host), imageIn(columns.place[host] ?? 0))
  columns.cell[host] = cell
  columns.history[host] = rows.getUint16(HOST_BYTES * host + 2, true)
}

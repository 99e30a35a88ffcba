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
import { FLAG, imageIn, placeOf } from './host-columns.ts'
import { leaveCell } from './host-count.ts'
import { cellOf, CELLS_MAX, type ReleaseWatch } from './release-watch.ts'
import { type Cell, SIGNALS } from './signals.ts'
import { kindKey } from './strata.ts'
import { durationMs, hourAfter, ticksOfHour } from './time-scale.ts'

/**
 * The cohorts of a rollout, written down: a length in 4 bytes, so many bytes of JSON (`MembersHead`), then 20 bytes for each host in order of their numbers,
 * little-endian: cell, history, the hour of the last silence and flags, 16 bits each; since when it is there, in ticks of the epoch that is named, 32 bits; and the
 * sequence of the newest beacon that counted, a double. Of hosts with another pack only the hour is not 0. What beacons say is not in it, except as far as it
 * counted.
 */
interface MembersHead {
  readonly format: 2
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
const HOST_BYTES = 20

/** Where in a host's bytes. */
const AT = { cell: 0, history: 2, unsteadyAt: 4, flags: 6, presentSince: 8, sequence: 12 } as const

const count = integer(0, HOSTS_MAX)
const counts: Reader<readonly number[]> = (value, at) => {
  const read = list(count, SIGNALS.length)(value, at)
  if (read.length !== SIGNALS.length) throw malformed(at, `${SIGNALS.length} counts`, `${read.length}`)
  return read
}
const wave = integer(1, PLAN_WAVES_MAX)

const head = object<MembersHead>({
  format: literal(2),
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
    format: 2,
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
    const at = HOST_BYTES * host
    view.setUint16(at + AT.unsteadyAt, columns.unsteadyAt[host] ?? 0, true)
    if (kinds.value(columns.kind[host] ?? 0).watch !== watch) continue
    view.setUint16(at + AT.cell, columns.cell[host] ?? 0, true)
    view.setUint16(at + AT.history, columns.history[host] ?? 0, true)
    view.setUint16(at + AT.flags, columns.flags[host] ?? 0, true)
    view.setUint32(at + AT.presentSince, columns.presentSince[host] ?? 0, true)
    view.setFloat64(at + AT.sequence, columns.sequence[host] ?? 0, true)
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
    const { cell, history, sequence } = savedHost(rows, host)
    if (cell > cells.length || (cell === 0 && history !== 0)) {
      throw malformed(`members.rows[${host}]`, 'a cell that is listed', cell)
    }
    const isCounted = Number.isSafeInteger(sequence) && sequence >= (cell === 0 ? 0 : 1)
    if (!isCounted) throw malformed(`members.rows[${host}]`, 'the sequence of a beacon', sequence)
  }
}

interface SavedHost {
  readonly cell: number
  readonly history: number
  readonly unsteadyAt: number
  readonly flags: number
  readonly presentSince: number
  readonly sequence: number
}

function savedHost(rows: DataView, host: number): SavedHost {
  const at = HOST_BYTES * host
  return {
    cell: rows.getUint16(at + AT.cell, true),
    history: rows.getUint16(at + AT.history, true),
    unsteadyAt: rows.getUint16(at + AT.unsteadyAt, true),
    flags: rows.getUint16(at + AT.flags, true),
    presentSince: rows.getUint32(at + AT.presentSince, true),
    sequence: rows.getFloat64(at + AT.sequence, true),
  }
}

/** A host that counted has the pack, whatever else it will say. Of two packs it has the one with which it reported later, and has left the other. */
function restoreHost(fleet: FleetState, watch: ReleaseWatch, host: number, { head: saved, rows }: SavedMembers): void {
  const { columns, kinds, scale } = fleet
  const { cell, history, unsteadyAt, flags, presentSince, sequence } = savedHost(rows, host)
  if (unsteadyAt !== 0) {
    const hour = hourAfter(scale.heardAt(saved.epochMs + durationMs(ticksOfHour(unsteadyAt))))
    columns.unsteadyAt[host] = Math.max(columns.unsteadyAt[host] ?? 0, hour)
  }
  const number = columns.kind[host] ?? 0
  const before = columns.sequence[host] ?? 0
  if (before >= sequence) {
    if (cell !== 0) watch.leave(cell, history)
    return
  }
  const other = kinds.value(number).watch
  if (other !== null) leaveCell(fleet, other, host)
  const kind = { ...kinds.value(number), pack: watch.release.pack, watch }
  columns.kind[host] = kinds.take(kindKey(kind), kind)
  kinds.drop(number)
  columns.place[host] = placeOf(watch.bucketOf(host), imageIn(columns.place[host] ?? 0))
  columns.cell[host] = cell
  columns.history[host] = history
  columns.flags[host] = flags | FLAG.restored
  columns.presentSince[host] = scale.heardAt(saved.epochMs + durationMs(presentSince))
  columns.sequence[host] = sequence
}

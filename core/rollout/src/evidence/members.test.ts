import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBytes, concatBytes, errorCode, type Json } from '@firebreak/kernel'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import { SIGNALS } from './signals.ts'

const NOW_MS = 100_000_000
const ARMS = { wave: 3, exposed: { fromPpm: 0, toPpm: 2 }, control: { fromPpm: 2, toPpm: 4 } }

function tableOf(hosts: number, epochMs = 0): FleetTable {
  const table = new FleetTable({ ...RULES, epochMs })
  for (let host = 0; host < hosts; host++) table.add(FACTS)
  table.watch(RELEASE, (host) => host)
  return table
}

function saved(): Uint8Array {
  const table = tableOf(4)
  for (let host = 0; host < 4; host++) table.fold(host, HEALTHY, NOW_MS)
  table.sweep(NOW_MS, 0)
  table.start(RELEASE.pack, 'canary', ARMS, NOW_MS)
  return table.members(RELEASE.pack)
}

interface Head {
  readonly [key: string]: Json
  readonly cells: readonly { readonly [key: string]: Json }[]
}

/** The same bytes, with another head or other rows. */
function changed(change: (head: Head) => Json, rows = (bytes: Uint8Array) => bytes): Uint8Array {
  const bytes = saved()
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Head
  const json = jsonBytes(change(head))
  const prefix = new Uint8Array(4)
  new DataView(prefix.buffer).setUint32(0, json.length, true)
  return concatBytes([prefix, json, rows(bytes.slice(4 + length))])
}

test('a cohort that is restored is the one that was written down, also with another epoch and more hosts', () => {
  const bytes = saved()
  for (const table of [tableOf(4), tableOf(7), tableOf(4, 3_600_000)]) {
    table.restore(RELEASE.pack, bytes)
    const cells = table.cells(RELEASE.pack)
    assert.deepEqual(
      cells.map(({ wave, arm, cohort }) => ({ wave, arm, cohort })),
      [
        { wave: 3, arm: 'exposed', cohort: 2 },
        { wave: 3, arm: 'control', cohort: 2 },
      ],
    )
    table.fold(0, { ...HEALTHY, sequence: 2, enrolment: { ...NOTHING_SINCE, wave: 3 } }, NOW_MS)
    assert.deepEqual(
      table.cells(RELEASE.pack).map(({ enrolled }) => enrolled),
      [1, 0],
    )
    assert.throws(() => table.start(RELEASE.pack, 'canary', ARMS, NOW_MS))
  }
})

const NOTHING_SINCE = {
  imageDigest: RELEASE.imageDigest,
  sinceMs: 0,
  reboots: 0,
  engineRestarts: 0,
  detections: 0,
  engineCpuPpmPeak: 0,
  engineMemoryKiBPeak: 0,
}

const refused: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['a length alone', new Uint8Array([200, 0, 0, 0])],
  ['not JSON', new Uint8Array([1, 0, 0, 0, 123])],
  ['cut', saved().slice(0, -1)],
  ['too long', concatBytes([saved(), new Uint8Array(1)])],
  ['another format', changed((head) => ({ ...head, format: 1 }))],
  ['another release', changed((head) => ({ ...head, imageDigest: 'e'.repeat(64) }))],
  ['signals in another order', changed((head) => ({ ...head, signals: [...SIGNALS].toReversed() }))],
  ['fewer signals', changed((head) => ({ ...head, signals: SIGNALS.slice(1) }))],
  ['a wave twice', changed((head) => ({ ...head, waves: [3, 3].map((wave) => ({ wave, startedAtMs: 0 })) }))],
  ['cells of no wave', changed((head) => ({ ...head, waves: [] }))],
  ['a cell twice', changed((head) => ({ ...head, cells: [...head.cells, ...head.cells] }))],
  ['hosts in no cell', changed((head) => ({ ...head, cells: head.cells.slice(1) }))],
  ['a negative count', changed((head) => ({ ...head, cells: head.cells.map((cell) => ({ ...cell, cohort: -1 })) }))],
  ['a count too few', changed((head) => ({ ...head, cells: head.cells.map((cell) => ({ ...cell, events: [] })) }))],
  [
    'a history without a cell',
    changed(
      (head) => head,
      (rows) => rows.fill(0, 0, 2).fill(1, 2, 4),
    ),
  ],
  [
    'a beacon that is none',
    changed(
      (head) => head,
      (rows) => rows.fill(0xff, 12, 20),
    ),
  ],
  [
    'a member that never reported',
    changed(
      (head) => head,
      (rows) => rows.fill(0, 12, 20),
    ),
  ],
  [
    'hosts that were not added',
    changed(
      (head) => ({ ...head, hosts: 5 }),
      (rows) => concatBytes([rows, new Uint8Array(20)]),
    ),
  ],
]

test('what does not fit is refused, and nothing of it is taken', () => {
  for (const [what, bytes] of refused) {
    const table = tableOf(4)
    assert.throws(
      () => table.restore(RELEASE.pack, bytes),
      (error) => errorCode(error) === 'kernel/malformed',
      what,
    )
    assert.deepEqual(table.cells(RELEASE.pack), [], what)
    table.restore(RELEASE.pack, saved())
    assert.equal(table.cells(RELEASE.pack).length, 2, what)
  }
})

/** What is written down of each host, as its bytes say. */
function rowsOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const from = 4 + view.getUint32(0, true)
  return Array.from({ length: (bytes.length - from) / 20 }, (_, host) => {
    const at = from + 20 * host
    const words = [0, 2, 4, 6].map((offset) => view.getUint16(at + offset, true))
    return [...words, view.getUint32(at + 8, true), view.getFloat64(at + 12, true)]
  })
}

const HOUR = 3_600_000
const enrolled = { ...HEALTHY, enrolment: { ...NOTHING_SINCE, wave: 3 } }

/** Host 0 is in a cohort, and was silent; 1 follows another pack; 2 has never reported. */
function storyOf(): FleetTable {
  const table = tableOf(3)
  for (const host of [0, 1]) table.fold(host, { ...HEALTHY, pack: host === 0 ? 'p' : 'q' }, HOUR)
  table.sweep(HOUR + 61_000, 0)
  for (const sequence of [2, 3]) table.fold(0, { ...HEALTHY, sequence }, HOUR + 61_000)
  table.sweep(HOUR + 61_000, 0)
  table.start(RELEASE.pack, 'canary', ARMS, HOUR + 61_000)
  table.fold(0, { ...enrolled, sequence: 4 }, HOUR + 62_000)
  return table
}

test('the bytes of a host say what it has been through', () => {
  const [taking, began] = [0x101, 1 << 11]
  const ticks = (ms: number) => (ms * 16) / 1_000
  const rows = rowsOf(storyOf().members(RELEASE.pack))
  assert.deepEqual(rows, [
    [1, began, 3, taking | 0x80, ticks(HOUR + 62_000), 4],
    [0, 0, 3, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ])
})

test('what is restored is written down again, but for a mark that it was', () => {
  const bytes = storyOf().members(RELEASE.pack)
  const table = tableOf(3)
  table.restore(RELEASE.pack, bytes)
  const marked = rowsOf(bytes).map((row) => (row[5] === 0 ? row : row.with(3, (row[3] ?? 0) | 0x200)))
  assert.deepEqual(rowsOf(table.members(RELEASE.pack)), marked)
  assert.deepEqual(table.cells(RELEASE.pack), storyOf().cells(RELEASE.pack))

  const later = tableOf(3, HOUR)
  later.restore(RELEASE.pack, bytes)
  const [first] = rowsOf(later.members(RELEASE.pack))
  assert.deepEqual(first?.slice(2), [2, 0x381, 62 * 16, 4], 'by the hours and ticks of another epoch')
})

test('of two packs a host has the one with which it reported later, in whatever order they are restored', () => {
  const both = () => {
    const table = tableOf(3)
    table.watch({ pack: 'q', imageDigest: 'e'.repeat(64) }, (host) => host)
    return table
  }
  const first = both()
  first.restore(RELEASE.pack, storyOf().members(RELEASE.pack))
  const saved = first.members(RELEASE.pack)
  first.fold(0, { ...HEALTHY, sequence: 5, pack: 'q' }, HOUR + 90_000)
  first.sweep(2 * HOUR + 90_000, 0)
  for (const sequence of [6, 7]) first.fold(0, { ...HEALTHY, sequence, pack: 'q' }, 2 * HOUR + 90_000)
  first.sweep(2 * HOUR + 90_000, 0)
  first.start('q', 'canary', ARMS, 2 * HOUR + 90_000)
  const later = first.members('q')
  const packs = [
    [RELEASE.pack, saved],
    ['q', later],
  ] as const
  const restored = [packs, packs.toReversed()].map((order) => {
    const table = both()
    for (const [pack, bytes] of order) table.restore(pack, bytes)
    return table
  })
  for (const table of restored) {
    const [own] = table.cells(RELEASE.pack)
    assert.deepEqual([own?.enrolled, own?.left[0], own?.left[8]], [1, 1, 0])
    assert.equal(table.cells('q')[0]?.cohort, 1)
    const rows = rowsOf(table.members('q'))
    assert.deepEqual([rows[0]?.[0], rows[0]?.[2], rows[0]?.[5]], [1, 4, 7])
    assert.deepEqual(rowsOf(table.members(RELEASE.pack))[0], [0, 0, 4, 0, 0, 0])
    table.fold(0, { ...enrolled, sequence: 8, pack: 'q' }, 2 * HOUR + 91_000)
    assert.equal(table.cells(RELEASE.pack)[0]?.enrolled, 1)
  }
})

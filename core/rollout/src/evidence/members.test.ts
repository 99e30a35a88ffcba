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

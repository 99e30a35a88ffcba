import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { DetectionRecord } from '@firebreak/api'
import { errorCode } from '@firebreak/kernel'
import type { Database } from '@firebreak/sqlite'
import * as fc from 'fast-check'
import {
  DETECTIONS_KEPT_MAX,
  DETECTIONS_REPLAYED_MAX,
  Ingest,
  JOURNAL_ENTRIES_MAX,
  type KeptDetection,
} from './ingest.ts'
import { openStore } from './schema.ts'
import { hostBeacon } from './server.fixture.ts'

let folder: string
let database: Database
const fatal: unknown[] = []
const kept: KeptDetection[] = []
const folded: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-ingest-'))
  database = openStore(join(folder, 'a.db'))
  fatal.length = 0
  kept.length = 0
  folded.length = 0
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true })
})

const open = () =>
  new Ingest(database, {
    onBeacon: (host, { beacon }) => folded.push(`${host}${beacon.sequence}`),
    onKept: (detections) => kept.push(...detections),
    onFatal: (error) => fatal.push(error),
  })
const rows = (table: string) => Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n'])
const detection = (sequence: number, title = 't'): DetectionRecord => ({
  sequence,
  atMs: 1,
  ruleId: 'r',
  title,
  level: 'low',
  tags: [],
  pack: 'p',
  version: '1.0.0',
  category: 'c',
  fields: [],
  selections: [],
  custom: null,
})

test('beacons that arrive together are one commit, and none is answered before it', async () => {
  const ingest = open()
  let answered = 0
  const all = ['a', 'b', 'b', 'c'].map(async (host, i) => {
    await ingest.takeBeacon(host, hostBeacon(i + 1), 7)
    answered++
  })
  assert.equal(rows('journal'), 0)
  assert.equal(answered, 0)
  ingest.flush()
  assert.equal(rows('journal'), 1)
  await Promise.all(all)
  assert.equal(answered, 4)
})

test('a duplicate waits for the commit that its original is in', async () => {
  const ingest = open()
  const first = ingest.takeBeacon('a', hostBeacon(1), 7)
  const again = ingest.takeBeacon('a', hostBeacon(1), 8)
  ingest.flush()
  await Promise.all([first, again])
  assert.equal(ingest.state('a')?.seenAtMs, 7, 'a beacon sent again is no sign of life')
})

test('whatever the order and the repetitions, the newest beacon stays, also after opening again', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 9 }), fc.boolean())), (sent) => {
      database.exec('delete from journal; delete from host_state')
      const ingest = open()
      const newest = new Map<string, number>()
      for (const [host, sequence, flush] of sent) {
        void ingest.takeBeacon(host, hostBeacon(sequence), 7)
        newest.set(host, Math.max(sequence, newest.get(host) ?? 0))
        if (flush) ingest.flush()
      }
      ingest.flush()
      const again = open()
      for (const host of ['a', 'b']) {
        assert.equal(again.state(host)?.beacon.sequence, newest.get(host))
        assert.deepEqual(again.state(host), ingest.state(host))
      }
    }),
    { numRuns: 30 },
  )
})

test('who follows the beacons is told of each newer one, once, and of the newest again after opening', () => {
  const ingest = open()
  for (const sequence of [1, 3, 3, 2]) void ingest.takeBeacon('a', hostBeacon(sequence), 7)
  ingest.flush()
  open()
  assert.deepEqual(folded, ['a1', 'a3', 'a3'])
})

test('the journal is folded into states when it is long, and nothing is lost', () => {
  const ingest = open()
  for (let i = 1; i <= JOURNAL_ENTRIES_MAX + 5; i++) {
    void ingest.takeBeacon(`h${i % 1000}`, hostBeacon(i), i)
    if (i % 1000 === 0 || i > JOURNAL_ENTRIES_MAX) ingest.flush()
  }
  assert.equal(rows('host_state'), 1000)
  assert.equal(rows('journal'), 5)
  const again = open()
  for (const host of ['h0', 'h1', 'h5', 'h6', 'h999']) assert.deepEqual(again.state(host), ingest.state(host), host)
})

test('each detection is kept once, however often and in whatever order it is sent', async () => {
  const ingest = open()
  const sent = [
    ingest.takeDetections(
      'a',
      [2, 1].map((n) => detection(n)),
    ),
    ingest.takeDetections('a', [detection(2)]),
  ]
  ingest.flush()
  await Promise.all(sent)
  const again = open()
  void again.takeDetections(
    'a',
    [1, 2, 3].map((n) => detection(n)),
  )
  void again.takeDetections('b', [detection(1)])
  again.flush()
  assert.deepEqual(
    kept.map(({ host, detection }) => `${host}${detection.sequence}`),
    ['a1', 'a2', 'a3', 'b1'],
  )
  assert.deepEqual(again.recentDetections(), kept)
})

test('of too many detections the oldest are dropped', () => {
  const ingest = open()
  database.prepare('insert into detection(id, host, record) values (?, ?, ?)').run(1, 'old', '{}')
  database.prepare('insert into detection(id, host, record) values (?, ?, ?)').run(DETECTIONS_KEPT_MAX, 'new', '{}')
  for (let i = 1; i <= DETECTIONS_REPLAYED_MAX; i++) void ingest.takeDetections('a', [detection(i)])
  ingest.flush()
  assert.deepEqual(
    database
      .prepare('select distinct host from detection order by host')
      .all()
      .map((row) => row['host']),
    ['a', 'new'],
  )
  assert.equal(ingest.recentDetections().length, DETECTIONS_REPLAYED_MAX)
})

test('a full disk: nobody is told that it was kept, and the process has to end', async () => {
  database.close()
  database = openStore(join(folder, 'small.db'), 256 * 1024)
  const ingest = open()
  const big = Array.from({ length: 300 }, (_, i) => detection(i + 1, 'x'.repeat(5_000)))
  const answer = ingest.takeDetections('a', big).then(() => 'kept', errorCode)
  ingest.flush()
  assert.equal(await answer, 'sqlite/full')
  assert.deepEqual(fatal.map(errorCode), ['sqlite/full'])
  assert.equal(kept.length, 0)
})

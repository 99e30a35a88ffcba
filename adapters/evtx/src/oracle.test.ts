import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEvtxFile } from 'winevtx'
import { readEvtx } from './read-evtx.ts'
import { evtxFile, type EvtxRecord, type EvtxValue } from './testing/evtx-file.ts'

/** Values that every reader writes alike: hexadecimal, small integers and times are where they differ. */
const COMMON: readonly (readonly [name: string, value: EvtxValue])[] = [
  ['User', { kind: 'string', value: 'A & <b> ü' }],
  ['Sid', { kind: 'sid', value: Buffer.from('010100000000000512000000', 'hex') }],
  ['Count', { kind: 'uint32', value: 4_294_967_295 }],
  ['Port', { kind: 'uint16', value: 445 }],
  ['Big', { kind: 'uint64', value: 18_446_744_073_709_551_615n }],
  ['Yes', { kind: 'boolean', value: true }],
]
const RECORDS: readonly EvtxRecord[] = Array.from({ length: 40 }, (_, index) => ({
  id: index + 1,
  timeMs: 1_700_000_000_000 + index,
  system: { provider: `Provider-${index % 3}`, eventId: 1 + index, channel: 'Security', computer: 'WS01' },
  data: COMMON.filter((__, at) => (index >> at) % 2 === 0 || at === 0),
  isNested: index % 2 === 1,
}))
const FILE = evtxFile([RECORDS.slice(0, 25), RECORDS.slice(25)])

async function ours(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const events: Readonly<Record<string, unknown>>[] = []
  async function* blocks() {
    yield FILE
  }
  await readEvtx(blocks(), {
    event: (bytes, from, to) =>
      events.push(JSON.parse(Buffer.from(bytes.subarray(from, to)).toString()) as Readonly<Record<string, unknown>>),
    malformed: (what, place) => assert.fail(`${what} ${place}`),
  })
  return events
}

interface TheirEvent {
  readonly Event: {
    readonly System: { readonly EventID: number; readonly Provider: { readonly Name: string } }
    readonly EventData: Readonly<Record<string, unknown>>
  }
}

test('winevtx reads the same records, values and names', async () => {
  const theirs = [...parseEvtxFile(FILE)].map(({ event }) => (event as TheirEvent).Event)
  const mine = await ours()
  assert.equal(theirs.length, RECORDS.length)
  for (const [index, { System, EventData }] of theirs.entries()) {
    const own = mine[index] ?? {}
    assert.deepEqual([own['EventID'], own['Provider_Name']], [System.EventID, System.Provider.Name])
    for (const [name] of RECORDS[index]?.data ?? []) {
      assert.equal(String(own[name]), String(theirValue(EventData, name)), `${index} ${name}`)
    }
  }
})

/** It gives a list of pairs, one pair, or an object, by how many there are and where. */
function theirValue(data: Readonly<Record<string, unknown>>, name: string): unknown {
  const pairs = [data['Data']].flat() as readonly ({ readonly Name: string; readonly Value: unknown } | undefined)[]
  return data[name] ?? pairs.find((pair) => pair?.Name === name)?.Value
}

const EXPORT = 'evtxexport'
const hasExport = spawnSync(EXPORT, ['-V']).error === undefined

test(
  'libevtx reads the same records, so that our writer of tests writes EVTX',
  { skip: !hasExport && `no ${EXPORT} on this machine` },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-evtx-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'a.evtx'), FILE)
    const xml = execFileSync(EXPORT, ['-f', 'xml', join(folder, 'a.evtx')], { encoding: 'utf8' })
    const theirs = xml.split('<Event ').slice(1)
    const mine = new Map((await ours()).map((event) => [String(event['EventRecordID']), event]))
    assert.equal(theirs.length, RECORDS.length)
    for (const text of theirs) {
      const own = mine.get(/<EventRecordID>(\d+)</.exec(text)?.[1] ?? '') ?? {}
      for (const [, name = '', value = ''] of text.matchAll(/<Data Name="(\w+)">([^<]*)</g)) {
        assert.equal(String(own[name]), value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
      }
      assert.equal(text.match(/<Data /g)?.length, RECORDS[Number(own['EventRecordID']) - 1]?.data.length)
    }
  },
)

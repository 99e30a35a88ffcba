import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import { Quarantine, QUARANTINE_BYTES_MAX, QUARANTINE_EVENTS_MAX } from './quarantine.ts'

async function open(folder: string) {
  const faults: string[] = []
  return { faults, quarantine: await Quarantine.open(folder, (code) => void faults.push(code)) }
}

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-quarantine-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'quarantine')
}

test('what is kept is named by its digest, for root alone, once, and outlives the agent', async (context) => {
  const folder = folderFor(context)
  const event = utf8Encode('an event')
  const name = `${sha256Hex(event)}.frb`
  for (let start = 0; start < 2; start++) {
    const { quarantine, faults } = await open(folder)
    for (let i = 0; i < 3; i++) quarantine.keep(event)
    await quarantine.settled()
    assert.deepEqual([readdirSync(folder), faults], [[name], []])
  }
  assert.deepEqual([statSync(folder).mode & 0o777, statSync(join(folder, name)).mode & 0o777], [0o700, 0o600])
})

test('the first ones stay, by number and by bytes, also over a restart', async (context) => {
  const folder = folderFor(context)
  let { quarantine } = await open(folder)
  for (let i = 0; i < QUARANTINE_EVENTS_MAX - 1; i++) quarantine.keep(utf8Encode(`${i}`))
  await quarantine.settled()
  ;({ quarantine } = await open(folder))
  quarantine.keep(new Uint8Array(QUARANTINE_BYTES_MAX)) // with the others it is too much
  for (const last of ['fits', 'one too many']) quarantine.keep(utf8Encode(last))
  await quarantine.settled()
  const names = readdirSync(folder)
  assert.equal(names.length, QUARANTINE_EVENTS_MAX)
  assert.ok(names.includes(`${sha256Hex(utf8Encode('fits'))}.frb`))
})

test('a disk that takes nothing is said, and stops nothing', async (context) => {
  const folder = folderFor(context)
  writeFileSync(folder, 'in the way')
  const broken = await open(folder)
  broken.quarantine.keep(utf8Encode('a'))
  await broken.quarantine.settled()
  assert.deepEqual(broken.faults, ['durable/fault', 'durable/fault'])
  rmSync(folder)

  const { quarantine, faults } = await open(folder)
  const inTheWay = join(folder, `${sha256Hex(utf8Encode('a'))}.frb`)
  mkdirSync(inTheWay)
  for (const event of ['a', 'b']) quarantine.keep(utf8Encode(event))
  await quarantine.settled()
  assert.deepEqual(faults, ['durable/fault'])
  rmdirSync(inTheWay)
  quarantine.keep(utf8Encode('a'))
  await quarantine.settled()
  assert.equal(readdirSync(folder).length, 2)
})

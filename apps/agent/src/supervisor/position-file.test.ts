import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import { POSITION_SIZE_BYTES_MAX } from '../input/messages.ts'
import { Inputs } from './inputs.ts'
import { PositionFile } from './position-file.ts'

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-position-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a disk that takes nothing is said once, keeps the old position, and takes the newest when it can', async (context) => {
  const path = join(folderOf(context), 'x.position')
  const faults: string[] = []
  const file = await PositionFile.open(path, (code) => faults.push(code))
  mkdirSync(path) // no file can take its place
  for (const position of ['1', '2', '3']) {
    file.want(utf8Encode(position))
    await file.save()
  }
  assert.deepEqual([faults, file.saved.length], [['durable/fault'], 0])
  rmdirSync(path)
  await file.save()
  assert.equal(readFileSync(path, 'utf8'), '3')
  rmSync(path)
  mkdirSync(path)
  file.want(utf8Encode('4'))
  await file.save()
  assert.equal(faults.length, 2, 'a new fault is said again')
})

test('what is larger than a position is none of ours, and said', async (context) => {
  const path = join(folderOf(context), 'x.position')
  writeFileSync(path, 'x'.repeat(POSITION_SIZE_BYTES_MAX + 1))
  const faults: string[] = []
  const file = await PositionFile.open(path, (code) => faults.push(code))
  assert.deepEqual([faults, utf8Decode(file.saved)], [['durable/too-large'], ''])
})

test('without a folder for positions inputs run all the same', async (context) => {
  const folder = folderOf(context)
  writeFileSync(join(folder, 'inputs'), 'no folder')
  const faults: string[] = []
  const source = { kind: 'file', path: join(folder, 'log') } as const
  const config = { name: 'ssh', format: 'journald', source, supplies: [] } as const
  const batches = { submit: () => 0, isSettled: () => true }
  const inputs = await Inputs.start([config], join(folder, 'inputs'), batches, (code) => faults.push(code))
  assert.deepEqual(
    inputs.reports().map(({ name }) => name),
    ['ssh'],
  )
  assert.equal(faults[0], 'durable/fault')
  await inputs.stop()
})

import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { SlotEffect, SlotEvent, SlotState } from '@firebreak/updater'
import { type AgentPaths, agentPaths, imagePath } from '../config.ts'
import { imageOf } from '../testing/images.ts'
import { SlotKeeper } from './slot-keeper.ts'
import { openSlotStore } from './slot-store.ts'

const [first, second, third] = [imageOf('1.0.0'), imageOf('1.1.0'), imageOf('1.2.0')]

function pathsFor(context: TestContext): AgentPaths {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-slots-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return agentPaths(folder)
}

async function keeperOn(paths: AgentPaths) {
  const store = await openSlotStore(paths)
  const effects: SlotEffect['kind'][] = []
  const decided: SlotEvent['kind'][] = []
  const faults: string[] = []
  const keeper = new SlotKeeper(store, {
    obey: ({ kind }) => void effects.push(kind),
    onDecided: ({ kind }) => void decided.push(kind),
    onFault: (code) => void faults.push(code),
  })
  return { store, keeper, effects, decided, faults }
}

const read = (bytes: Uint8Array | null) => () => Promise.resolve(bytes)

test('an image with a changed byte, or none, counts as gone', async (context) => {
  const paths = pathsFor(context)
  const store = await openSlotStore(paths)
  assert.equal(await store.keepImage(first.digest, second.bytes), false)
  assert.equal(await store.readImage(first.slot), null)
  assert.equal(await store.keepImage(first.digest, first.bytes), true)
  assert.deepEqual(Buffer.from((await store.readImage(first.slot)) ?? []), Buffer.from(first.bytes))
  const path = imagePath(paths.slots, first.digest)
  for (let at = 0; at < first.bytes.length; at += 97) {
    const changed = first.bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    writeFileSync(path, changed)
    assert.equal(await store.readImage(first.slot), null)
  }
  rmSync(path)
  mkdirSync(path) // what can't be read is gone as well
  assert.equal(await store.readImage(first.slot), null)
})

test('state.json changed in any byte is refused with a sentence, or means the same sort of thing; images stay', async (context) => {
  const paths = pathsFor(context)
  const { keeper } = await keeperOn(paths)
  keeper.offer(first.slot, 1, read(first.bytes))
  keeper.dispatch({ kind: 'trial-passed' })
  await keeper.settled()
  const good = readFileSync(paths.slotState)
  let refused = 0
  for (let at = 0; at < good.length; at += 3) {
    const changed = Buffer.from(good)
    changed[at] = 0x07
    writeFileSync(paths.slotState, changed)
    await assert.rejects(openSlotStore(paths), { code: 'kernel/malformed', message: /^Cannot start: .*state\.json was .*enrol this host again$/ }) // prettier-ignore
    refused++
  }
  assert.ok(refused > 100)
  for (const bytes of ['', '{}', 'null', '[]', good.subarray(0, -1)]) {
    writeFileSync(paths.slotState, bytes)
    await assert.rejects(openSlotStore(paths), { code: 'kernel/malformed' })
  }
  assert.ok(existsSync(imagePath(paths.slots, first.digest)))
  writeFileSync(paths.slotState, good)
  assert.equal((await openSlotStore(paths)).state.confirmed?.imageDigest, first.digest)
})

test('an offer is in the folder before the state names it, and nothing is left of what no slot holds', async (context) => {
  const paths = pathsFor(context)
  const { keeper, effects } = await keeperOn(paths)
  for (const image of [first, second, third]) {
    keeper.offer(image.slot, 1, read(image.bytes))
    keeper.dispatch({ kind: 'recovered', imageDigest: image.digest, recoverMs: 1 }) // a save in between
    keeper.dispatch({ kind: 'trial-passed' })
  }
  await keeper.settled()
  assert.deepEqual(
    effects,
    [1, 2, 3].flatMap(() => ['try-candidate', 'keep-candidate']),
  )
  const left = readdirSync(paths.slots).toSorted()
  assert.deepEqual(left, [`${second.digest}.fbi`, `${third.digest}.fbi`, 'state.json'].toSorted())
})

test('offers that are not taken', async (context) => {
  const { keeper, effects } = await keeperOn(pathsFor(context))
  keeper.offer(first.slot, 1, read(null))
  keeper.offer(first.slot, 1, read(second.bytes)) // other bytes than it says
  keeper.offer(first.slot, 1, () => Promise.reject(new Error('no disk')))
  keeper.dispatch({ kind: 'recalled', digests: [second.digest] })
  keeper.offer(second.slot, 1, read(second.bytes)) // recalled
  await keeper.settled()
  assert.deepEqual(effects, [])
  assert.equal(keeper.state.candidate, null)
})

test('what is said of a candidate that is gone concerns no other', async (context) => {
  const { keeper } = await keeperOn(pathsFor(context))
  keeper.offer(first.slot, 1, read(first.bytes))
  keeper.dispatch({ kind: 'recalled', digests: [first.digest] })
  keeper.offer(second.slot, 1, read(second.bytes))
  keeper.dispatchAbout(first.slot, { kind: 'trial-passed' })
  keeper.dispatchAbout(first.slot, { kind: 'candidate-died', code: 'x', message: '' })
  await keeper.settled()
  assert.deepEqual(keeper.state.candidate, { image: second.slot, stage: 'running', kills: 0 })
  assert.equal(keeper.state.confirmed, null)
})

test('a disk that takes nothing: no way forward, all ways back, and saved when it can be', async (context) => {
  const paths = pathsFor(context)
  const { keeper, effects, faults } = await keeperOn(paths)
  keeper.offer(first.slot, 1, read(first.bytes))
  keeper.dispatch({ kind: 'trial-passed' })
  keeper.offer(second.slot, 1, read(second.bytes))
  const inTheWay = join(paths.slots, `.state.json.${process.pid}.tmp`) // stops every whole write
  await keeper.settled()
  mkdirSync(inTheWay)
  effects.length = 0
  keeper.dispatchAbout(second.slot, { kind: 'trial-passed' })
  await keeper.settled()
  assert.deepEqual(effects, []) // not confirmed: it could not be made durable
  assert.equal(keeper.state.candidate?.image.version, '1.1.0')
  keeper.dispatch({ kind: 'recalled', digests: [second.digest] })
  await keeper.settled()
  assert.deepEqual(effects, ['end-trial']) // obeyed nevertheless
  assert.deepEqual(faults, ['durable/fault']) // said once
  assert.equal((await openStored(paths)).candidate?.image.version, '1.1.0')
  rmdirSync(inTheWay)
  keeper.dispatch({ kind: 'confirmed-died' })
  await keeper.settled()
  assert.deepEqual((await openStored(paths)).rejected, [second.digest])
  await keeper.settled()
})

async function openStored(paths: AgentPaths) {
  return JSON.parse(readFileSync(paths.slotState, 'utf8')) as SlotState
}

/**
 * A process for tests to kill: writes to every durable place of the agent's folder DATA, one step after the other, with the agent's own
 * code. Tells each change of the disk before it makes it, and marks what it has reached: JSON lines on standard output.
 *
 *   write-everything.ts DATA CONTENT      to the end
 *   write-everything.ts DATA CONTENT N    kills itself when it is about to make change number N, counted from 0
 *
 * CONTENT: a file with the images and the event to write, made before: it is started often, and loads nothing that it can do without.
 */
import { readFileSync, writeSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { openFolder } from '@firebreak/durable-fs'
import { type DiskOp, traceWrites } from '@firebreak/durable-fs/testing'
import { fromBase64, utf8Encode } from '@firebreak/kernel'
import { agentPaths } from '../config.ts'
import { type SlotImage, stepSlots } from '@firebreak/updater'
import { takeLock } from '../lock.ts'
import { PositionFile } from '../supervisor/position-file.ts'
import { Quarantine } from '../supervisor/quarantine.ts'
import { SlotKeeper } from '../supervisor/slot-keeper.ts'
import { openSlotStore } from '../supervisor/slot-store.ts'
import { openSpool } from '../supervisor/spool.ts'
import { Notices } from '../tamper/notices.ts'

export interface Content {
  readonly images: readonly { readonly slot: SlotImage; readonly base64: string }[]
  readonly event: string
}

const [data = '', content = '', killAt = '-1'] = process.argv.slice(2)
const { images, event } = JSON.parse(readFileSync(content, 'utf8')) as Content
const paths = agentPaths(data)
let changes = 0

function tell(op: DiskOp): void {
  if (op.kind !== 'mark' && changes++ === Number(killAt)) process.kill(process.pid, 'SIGKILL')
  writeSync(1, `${JSON.stringify(op)}\n`)
}

/** All that a start after a crash must find again, as text. */
async function mark(): Promise<void> {
  const text = async (path: string) => readFile(path, 'latin1').catch(() => '')
  const view = {
    state: await text(paths.slotState),
    spool: await text(`${paths.spool}/detections.log`),
    quarantine: (await readdir(paths.quarantine).catch((): string[] => [])).toSorted().join(' '),
    position: await text(`${paths.inputs}/journal.position`),
    notices: await text(paths.notices),
  }
  tell({ kind: 'mark', text: JSON.stringify(view) })
}

const onFault = (code: string, message: string): never => {
  throw new Error(`${code}: ${message}`)
}

traceWrites(data, tell)
await mark()
await openFolder(data)
await takeLock(paths.lock)
const store = await openSlotStore(paths)
const started = { kind: 'started', bootId: 'b', starter: store.starter.image } as const
await store.save(stepSlots(store.state, started, 1_000).state)
await mark()
const keeper = new SlotKeeper(store, { obey: () => {}, onDecided: () => {}, onFault })
for (const { slot, base64 } of images) {
  keeper.offer(slot, 1, () => Promise.resolve(fromBase64(base64)))
  await keeper.settled()
  await mark()
  keeper.dispatch({ kind: 'trial-passed' })
  await keeper.settled()
  await mark()
}
keeper.dispatch({ kind: 'recalled', digests: images.slice(1).map(({ slot }) => slot.imageDigest) })
await keeper.settled()
await mark()
const spool = await openSpool(paths.spool, 1_000_000_000)
await spool.add(utf8Encode('{"a":1}\n{"b":2}\n'))
await mark()
await spool.add(utf8Encode('{"c":3}\n'))
await mark()
await spool.drop(1_000_000_001)
await mark()
const quarantine = await Quarantine.open(paths.quarantine, onFault)
quarantine.keep(fromBase64(event))
await quarantine.settled()
await mark()
await openFolder(paths.inputs)
const position = await PositionFile.open(`${paths.inputs}/journal.position`, onFault)
for (const text of ['first', 'second']) {
  position.want(utf8Encode(text))
  await position.save()
  await mark()
}
const notices = await Notices.open(paths.notices, onFault)
await notices.add('agent/stopped', 'a test')
await mark()

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sha256Hex } from '@firebreak/crypto'
import { openFolder } from '@firebreak/durable-fs'
import { CutDisk, CUTS, type DiskOp } from '@firebreak/durable-fs/testing'
import { toBase64 } from '@firebreak/kernel'
import { type AgentPaths, agentPaths } from './config.ts'
import { fsck } from './fsck/fsck.ts'
import { openSlotStore } from './supervisor/slot-store.ts'
import { openSpool } from './supervisor/spool.ts'
import { events, imageOf } from './testing/images.ts'
import { install } from './testing/sound-folder.ts'
import type { Content } from './testing/write-everything.ts'

const VICTIM = fileURLToPath(new URL('testing/write-everything.ts', import.meta.url))
/** In memory, where there is one: hundreds of folders are made, and a real disk has nothing to add. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A whole write is six changes: over a few writes each of them has its turn. The test before this one cuts at all of them. */
const KILL_EVERY = 5

/** What a start finds, by place. */
type View = Readonly<Record<string, string>>

function scratch(context: TestContext): string {
  const folder = mkdtempSync(join(MEMORY, 'firebreak-power-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function installed(folder: string): Promise<AgentPaths> {
  mkdirSync(folder, { mode: 0o700 })
  const paths = agentPaths(folder)
  await install(paths)
  return paths
}

/** What the victim writes. */
function contentIn(folder: string): string {
  const images = ['1.0.0', '1.1.0'].map((version) => imageOf(version))
  const content: Content = {
    images: images.map(({ slot, bytes }) => ({ slot, base64: toBase64(bytes) })),
    event: toBase64(events([1], 'poison')),
  }
  const path = join(folder, 'content.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

function trace(folder: string, content: string): readonly DiskOp[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [VICTIM, folder, content], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DiskOp)
}

function filesBelow(folder: string, path = ''): readonly string[] {
  const whole = join(folder, path)
  if (!lstatSync(whole).isDirectory()) return [path]
  const below = readdirSync(whole).flatMap((name) => filesBelow(folder, path === '' ? name : `${path}/${name}`))
  return path === '' ? below : [path, ...below]
}

/** All that is in the folder, and of each file its digest. */
function treeOf(folder: string): readonly string[] {
  return filesBelow(folder).map((path) => {
    const isFile = lstatSync(join(folder, path)).isFile()
    return isFile ? `${path} ${sha256Hex(readFileSync(join(folder, path)))}` : path
  })
}

/** The folder as a start of the agent leaves it: opened by the agent's own code. */
async function reopened(paths: AgentPaths): Promise<View> {
  for (const folder of [paths.config.replace(/\/agent\.json$/, ''), paths.quarantine, paths.inputs])
    await openFolder(folder)
  const store = await openSlotStore(paths)
  const { candidate, confirmed, lastKnownGood } = store.state
  for (const image of [candidate?.image, confirmed, lastKnownGood]) {
    if (image) assert.ok(await store.readImage(image), `the bytes of ${image.version} are there`)
  }
  await (await openSpool(paths.spool, 1)).close()
  const text = (path: string) => (existsSync(path) ? readFileSync(path, 'latin1') : '')
  return {
    state: text(paths.slotState),
    spool: text(`${paths.spool}/detections.log`),
    quarantine: readdirSync(paths.quarantine).toSorted().join(' '),
    position: text(`${paths.inputs}/journal.position`),
    notices: text(paths.notices),
  }
}

/** Each place holds what it held at the last mark, or what it would have held at the next. */
async function check(folder: string, before: View, after: View, where: string): Promise<void> {
  const shown = await fsck(folder)
  assert.deepEqual(shown.findings, [], where)
  const found = await reopened(agentPaths(folder))
  for (const [place, is] of Object.entries(found)) {
    const may = [before[place], after[place]].map(timeless)
    assert.ok(
      may.includes(timeless(is)) || isPartOfAppend(place, is, before),
      `${where}: ${place} is ${is}, not one of ${may.join(' or ')}`,
    )
  }
  const { findings, leftovers } = await fsck(folder)
  assert.deepEqual([findings, leftovers.filter(({ path }) => path.endsWith('.tmp'))], [[], []], where)
}

/** Another run has other times. */
function timeless(text: string | undefined): string | undefined {
  return text?.replaceAll(/"atMs":\d+/g, '"atMs":0')
}

/** Lines of one append may arrive in part: what is there is whole lines of it, in order. */
function isPartOfAppend(place: string, is: string, before: View): boolean {
  const old = before[place] ?? ''
  return place === 'spool' && is.startsWith(old) && (is === '' || is.endsWith('\n'))
}

/** The views between which change number `at` of `ops` happens. */
function viewsAround(ops: readonly DiskOp[], at: number): readonly [before: View, after: View] {
  const view = (op: DiskOp | undefined): View => JSON.parse(op?.kind === 'mark' ? op.text : '{}') as View
  const before = ops.slice(0, at).findLast(({ kind }) => kind === 'mark')
  const after = ops.slice(at).find(({ kind }) => kind === 'mark')
  return [view(before), view(after ?? before)]
}

test('the power goes at any change of the disk, in any of six ways: the old state or the new one', async (context) => {
  const root = scratch(context)
  const folder = join(root, 'traced')
  await installed(folder)
  const disk = new CutDisk(folder)
  for (const path of filesBelow(folder)) {
    disk.put(path, lstatSync(join(folder, path)).isDirectory() ? null : readFileSync(join(folder, path)))
  }
  const ops = trace(folder, contentIn(root))
  const seen = new Set<string>()
  for (const [at, op] of ops.entries()) {
    disk.apply(op)
    if (op.kind === 'mark') continue
    const [before, after] = viewsAround(ops, at)
    for (const cut of CUTS) {
      const left = join(root, 'left')
      mkdirSync(left, { mode: 0o700 })
      disk.leave(cut, left)
      const what = JSON.stringify([treeOf(left), before, after])
      if (!seen.has(what))
        await check(left, before, after, `${cut} after change ${at}: ${JSON.stringify(op).slice(0, 200)}`)
      seen.add(what)
      rmSync(left, { recursive: true })
    }
  }
  context.diagnostic(`${seen.size} different folders are left, over ${ops.length} changes and marks`)
})

test('kill -9 of a real process at changes of every kind: the old state or the new one', async (context) => {
  const root = scratch(context)
  const whole = join(root, 'whole')
  await installed(whole)
  const content = contentIn(root)
  const ops = trace(whole, content)
  const changes = ops.flatMap((op, at) => (op.kind === 'mark' ? [] : [at]))
  const kill = async (number: number): Promise<void> => {
    const folder = join(root, `${number}`)
    await installed(folder)
    const child = spawn(process.execPath, [VICTIM, folder, content, `${number}`], { stdio: 'ignore' })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    assert.equal(signal, 'SIGKILL')
    const [before, after] = viewsAround(ops, changes[number] ?? 0)
    await check(folder, before, after, `killed before change ${number}`)
    rmSync(folder, { recursive: true })
  }
  const numbers = [...changes.keys()].filter((number) => number % KILL_EVERY === 0)
  for (const number of numbers) await kill(number)
  context.diagnostic(`${numbers.length} kills`)
})

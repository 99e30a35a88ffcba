import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import process from 'node:process'
import { after, afterEach, test } from 'node:test'
import { plainText } from '../sensor/byte-text.ts'
import type { SeenChange } from './changes.ts'
import { CROWDED_ROUND_EVENTS_MAX, FileWatcher } from './file-watcher.ts'
import { mountTemporary, type TemporaryMount } from './testing/temporary-mount.ts'

const skip = process.platform !== 'linux' || process.geteuid?.() !== 0 ? 'needs root on Linux' : false

const mounts: TemporaryMount[] = []
const watchers: FileWatcher[] = []
const mount = (): string => {
  const one = mountTemporary('watch')
  mounts.push(one)
  return one.folder
}
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.close()
})
after(() => {
  for (const one of mounts) one.unmount()
})

interface Watch {
  readonly watcher: FileWatcher
  readonly changes: SeenChange[]
  /** What was seen since the last call, as `kind path`, of a rename with the source behind it. */
  readonly told: () => readonly string[]
}

function watch(...folders: readonly string[]): Watch {
  const changes: SeenChange[] = []
  const watcher = new FileWatcher({
    onRead: () => {},
    onChanges: (seen) => changes.push(...seen),
    isWanted: ({ mountPoint }) => folders.includes(mountPoint.toString()),
  })
  watchers.push(watcher)
  const told = () => {
    watcher.round()
    return changes.splice(0).map(({ kind, path: where, sourcePath }) => {
      return [kind, where, sourcePath].flatMap((part) => (part === null ? [] : [plainText(part as never)])).join(' ')
    })
  }
  return { watcher, changes, told }
}

test('every kind of change, with its path and its process', { skip }, () => {
  const top = mount()
  const { watcher, changes, told } = watch(top)
  fs.writeFileSync(`${top}/a`, 'x')
  watcher.round()
  assert.deepEqual(changes, [{ pid: process.pid, kind: 'create', path: `${top}/a`, sourcePath: null }])
  changes.length = 0
  fs.writeFileSync(`${top}/a`, 'y')
  assert.deepEqual(told(), [`write ${top}/a`])
  fs.chmodSync(`${top}/a`, 0o700)
  assert.deepEqual(told(), [`attribute ${top}/a`])
  fs.mkdirSync(`${top}/d`)
  fs.renameSync(`${top}/a`, `${top}/d/b`)
  assert.deepEqual(told(), [`create ${top}/d`, `rename ${top}/d/b ${top}/a`])
  fs.symlinkSync('nowhere', `${top}/l`)
  fs.chownSync(top, 0, 0)
  assert.deepEqual(told(), [`create ${top}/l`, `attribute ${top}`])
  fs.rmSync(`${top}/d`, { recursive: true })
  assert.deepEqual(told(), [`delete ${top}/d/b`, `delete ${top}/d`])
  fs.readFileSync('/proc/self/stat')
  assert.deepEqual(told(), [], 'reading is no change')
})

test('hard names: not UTF-8, a newline, "(deleted)", 255 bytes', { skip }, () => {
  const top = mount()
  const { changes, watcher } = watch(top)
  const names = [Buffer.of(0xff, 0xfe), Buffer.from('a\nb'), Buffer.from('x (deleted)'), Buffer.alloc(255, 'n')]
  for (const name of names) {
    const folder = Buffer.concat([Buffer.from(`${top}/`), name])
    fs.mkdirSync(folder)
    watcher.round()
    assert.equal(changes.at(-1)?.path, folder.toString('latin1'))
    fs.writeFileSync(Buffer.concat([folder, Buffer.from('/f')]), '')
    watcher.round()
    assert.equal(changes.at(-1)?.path, `${folder.toString('latin1')}/f`)
  }
})

test('folders that nobody can name by a path stop nothing: their events are counted, all others told', { skip }, () => {
  const top = mount()
  const { told, watcher } = watch(top)
  const home = process.cwd()
  process.chdir(top)
  try {
    for (let depth = 0; depth < 20; depth++) {
      fs.mkdirSync('n'.repeat(255))
      process.chdir('n'.repeat(255))
    }
    told()
    fs.writeFileSync('deep', '')
  } finally {
    process.chdir(home)
  }
  fs.writeFileSync(`${top}/a`, '')
  assert.deepEqual(told(), [`create ${top}/a`])
  assert.ok(watcher.losses().unnamed > 0)
})

test('what came and went between two rounds still has its path', { skip }, () => {
  const top = mount()
  const { told, watcher } = watch(top)
  fs.mkdirSync(`${top}/a/b`, { recursive: true })
  fs.writeFileSync(`${top}/a/b/f`, '')
  fs.rmSync(`${top}/a`, { recursive: true })
  // The kernel puts the end of each into the event of its beginning: the order within a path is all there is.
  const ofPath = (where: string) => [`create ${where}`, `delete ${where}`]
  const expected = [`${top}/a`, `${top}/a/b`, `${top}/a/b/f`].flatMap(ofPath)
  assert.deepEqual(told(), expected)
  assert.equal(watcher.losses().unnamed, 0)
})

test('a folder that moved gives its new path', { skip }, () => {
  const top = mount()
  const { told } = watch(top)
  fs.mkdirSync(`${top}/a/b`, { recursive: true })
  fs.writeFileSync(`${top}/a/b/f`, '')
  told()
  fs.renameSync(`${top}/a`, `${top}/c`)
  told()
  fs.writeFileSync(`${top}/c/b/f`, '')
  assert.deepEqual(told(), [`write ${top}/c/b/f`])
})

test('it rounds by itself', { skip }, async () => {
  const top = mount()
  const seen = Promise.withResolvers<readonly SeenChange[]>()
  const isWanted = ({ mountPoint }: { mountPoint: Buffer }) => mountPoint.toString() === top
  watchers.push(new FileWatcher({ onRead: () => {}, onChanges: (changes) => seen.resolve(changes), isWanted }))
  fs.writeFileSync(`${top}/a`, '')
  assert.equal((await seen.promise)[0]?.path, `${top}/a`)
})

test('names are asked for after everything was read', { skip }, () => {
  const top = mount()
  const order: string[] = []
  const onChanges = () => void order.push('changes')
  const isWanted = ({ mountPoint }: { mountPoint: Buffer }) => mountPoint.toString() === top
  const watcher = new FileWatcher({ onRead: () => void order.push('read'), onChanges, isWanted })
  watchers.push(watcher)
  watcher.round()
  fs.writeFileSync(`${top}/a`, '')
  watcher.round()
  assert.deepEqual(order, ['read', 'changes'])
})

test(
  'a file system that is mounted later is watched, also under old numbers; nothing keeps one from being unmounted',
  { skip },
  async () => {
    const [top, other] = [mount(), mount()]
    const late = `${top}/late`
    fs.mkdirSync(late)
    const { watcher, told } = watch(top, late)
    for (const round of [1, 2, 3]) {
      execFileSync('mount', ['-t', 'tmpfs', 'none', late])
      while (!watcher.watched.includes(late)) await turn(watcher)
      // Mounted again under the same numbers it looks the same: so wait for it to be watched, not to be known.
      let lines: readonly string[] = []
      while (!lines.some((line) => line.endsWith(` ${late}/${round}`))) {
        fs.writeFileSync(`${late}/${round}`, '')
        await turn(watcher)
        lines = told()
      }
      execFileSync('umount', [late]) // fails when it is busy
    }
    while (watcher.watched.includes(late)) await turn(watcher)
    assert.ok(!watcher.watched.includes(other), 'not asked for')
  },
)

test('a mount that moves takes its paths along, and loses nothing', { skip }, async () => {
  const top = mount()
  const [before, behind] = [`${top}/before`, `${top}/after`]
  for (const folder of [before, behind]) fs.mkdirSync(folder)
  execFileSync('mount', ['--make-private', top]) // else the kernel refuses to move what is in it
  execFileSync('mount', ['-t', 'tmpfs', 'none', before])
  try {
    const { watcher, told } = watch(before, behind)
    fs.mkdirSync(`${before}/d`)
    assert.deepEqual(told(), [`create ${before}/d`])
    execFileSync('mount', ['--move', before, behind])
    while (!watcher.watched.includes(behind)) await turn(watcher)
    fs.writeFileSync(`${behind}/d/f`, '')
    assert.deepEqual(told(), [`create ${behind}/d/f`])
  } finally {
    for (const folder of [before, behind]) spawnSync('umount', [folder], { stdio: 'ignore' })
  }
})

test('what is written to devices is no event, what is made among them is', { skip }, (context) => {
  const { watcher, told } = watch('/dev')
  if (!watcher.watched.includes('/dev')) return context.skip('/dev is no devtmpfs here')
  const file = `/dev/firebreak-${process.pid}`
  fs.writeFileSync('/dev/null', 'x')
  fs.writeFileSync(file, 'x')
  fs.rmSync(file)
  const lines = told()
  assert.ok(lines.includes(`create ${file}`) && lines.includes(`delete ${file}`))
  assert.ok(!lines.some((line) => line.startsWith('write ')))
})

test('a mount that lies under another is not confused with it', { skip }, () => {
  const top = mount()
  execFileSync('mount', ['-t', 'tmpfs', 'none', top])
  try {
    const { watcher, told } = watch(top)
    assert.deepEqual([watcher.watched, watcher.unwatched], [[top], []])
    fs.writeFileSync(`${top}/above`, '')
    assert.deepEqual(told(), [`create ${top}/above`])
    watcher.close()
    watchers.length = 0
  } finally {
    execFileSync('umount', [top])
  }
})

test('a storm that fits into the queue loses nothing, however late it is read', { skip }, () => {
  const top = mount()
  const { watcher, changes } = watch(top)
  const made = Array.from({ length: 14_000 }, (_, i) => `${top}/${i}`)
  for (const file of made) fs.closeSync(fs.openSync(file, 'w'))
  watcher.round() // fills a round
  watcher.round()
  assert.deepEqual(new Set(changes.map(({ path: where }) => String(where))), new Set(made))
  assert.deepEqual(watcher.losses(), { overflows: 0, shed: 0, unnamed: 0 })
})

test('a storm that does not end is thinned out, and hides nothing in another folder', { skip }, () => {
  const top = mount()
  for (const folder of ['noisy', 'quiet']) fs.mkdirSync(`${top}/${folder}`)
  const noisy = Array.from({ length: 12_000 }, (_, i) => `${top}/noisy/${i}`)
  for (const file of noisy) fs.closeSync(fs.openSync(file, 'w'))
  const seen: string[] = []
  let isThinned = false
  const watcher: FileWatcher = new FileWatcher({
    onRead() {
      for (const file of noisy) fs.chmodSync(file, 0o600) // by the time of the next round it is full again
      if (watcher.losses().shed > 0) fs.writeFileSync(`${top}/quiet/f`, '')
    },
    onChanges(changes) {
      isThinned ||= watcher.losses().shed > 0
      for (const { path: where } of changes) if (!where.startsWith(`${top}/noisy/`)) seen.push(where)
    },
    isWanted: ({ mountPoint }) => mountPoint.toString() === top,
  })
  watchers.push(watcher)
  fs.writeFileSync(`${top}/quiet/first`, '')
  while (!seen.includes(`${top}/quiet/f`)) watcher.round()
  assert.ok(isThinned && watcher.losses().shed > noisy.length - CROWDED_ROUND_EVENTS_MAX)
})

test("what does not fit into the kernel's queue is said to be lost, and the rest is told", { skip }, () => {
  const top = mount()
  const { watcher, changes } = watch(top)
  const max = Number(fs.readFileSync('/proc/sys/fs/fanotify/max_queued_events', 'utf8'))
  for (let i = 0; i <= max + 10; i++) fs.closeSync(fs.openSync(`${top}/${i}`, 'w')) // no round in between
  watcher.round()
  while (watcher.losses().overflows === 0) watcher.round()
  assert.ok(changes.length > 0 && changes.length <= max)
})

test('closing gives every descriptor back', { skip }, () => {
  const top = mount()
  const count = () => fs.readdirSync('/proc/self/fd').length
  const before = count()
  const { watcher } = watch(top)
  fs.writeFileSync(`${top}/a`, '')
  watcher.round()
  watcher.close()
  watcher.close() // closes nobody else's descriptors
  assert.equal(count(), before)
})

test('where nothing can be watched it says so in one sentence', { skip }, () => {
  assert.throws(() => watch('/nowhere'), { code: 'linux/fanotify-unavailable', message: /^Cannot watch files: / })
})

/** Lets timers pass, so that the watcher looks at the mounts again. */
async function turn(watcher: FileWatcher): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  watcher.round()
}

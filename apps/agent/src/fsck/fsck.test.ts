import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sha256Hex } from '@firebreak/crypto'
import { encodeTrusted, trustRoot } from '@firebreak/tuf'
import { events, imageOf } from '../testing/images.ts'
import { emptyFolder, HELD, makeSoundFolder } from '../testing/sound-folder.ts'
import { Vendor } from '../testing/vendor.ts'
import { fsck } from './fsck.ts'
import type { FindingCode } from './report.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const isRoot = process.geteuid?.() === 0
const slot = (image: { readonly digest: string }) => `slots/${image.digest}.fbi`
const STATE = 'slots/state.json'
const SPOOL = 'spool/detections.log'

/** Made once; each test damages a copy. */
let sound = ''
before(async (context) => {
  sound = emptyFolder(context as unknown as TestContext)
  await makeSoundFolder(sound)
})

function copyOf(context: TestContext): string {
  const folder = join(emptyFolder(context), 'agent')
  cpSync(sound, folder, { recursive: true, verbatimSymlinks: true })
  chmodSync(folder, 0o700)
  return folder
}

type State = Record<string, unknown> & { candidate: Record<string, unknown>; rejected: string[] }

/** Changes the state as somebody would who knows JSON. */
function editState(folder: string, change: (state: State) => void): void {
  const path = join(folder, STATE)
  const state = JSON.parse(readFileSync(path, 'utf8')) as State
  change(state)
  writeFileSync(path, JSON.stringify(state))
}

function flip(path: string, at = -1): void {
  const bytes = readFileSync(path)
  const index = at < 0 ? bytes.length + at : at
  bytes[index] = (bytes[index] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

test('a folder with something in every place is sound; looking at it changes nothing', async (context) => {
  const folder = copyOf(context)
  const list = () => spawnSync('find', [folder, '-printf', '%P %s %m %T@\n'], { encoding: 'utf8' }).stdout
  const seen = list()
  const report = await fsck(folder)
  assert.deepEqual(report.findings, [])
  assert.deepEqual([report.sound, report.leftovers, report.agentPid], [true, [], process.pid])
  assert.ok(report.checked > 20)
  assert.equal(list(), seen)
})

const otherImage = imageOf('9.9.9')
const otherRoot = new Vendor().root

/** Each damages one thing. */
const damages: readonly [name: string, code: FindingCode, path: string, damage: (folder: string) => void][] = [
  ['others may enter the folder', 'file/mode', '', (at) => chmodSync(at, 0o750)],
  ['others may enter the slots', 'file/mode', 'slots', (at) => chmodSync(join(at, 'slots'), 0o711)],
  ['others may read the state', 'file/mode', STATE, (at) => chmodSync(join(at, STATE), 0o644)],
  ['others may write the key', 'file/mode', 'customer.pub', (at) => chmodSync(join(at, 'customer.pub'), 0o602)],
  [
    'a link in place of the configuration',
    'file/kind',
    'agent.json',
    (at) => {
      renameSync(join(at, 'agent.json'), `${at}.json`)
      symlinkSync(`${at}.json`, join(at, 'agent.json'))
    },
  ],
  ['a folder in place of the status', 'file/kind', 'status.json', (at) => replaceBy(at, 'status.json', 'folder')],
  ['a pipe in place of the status', 'file/kind', 'status.json', (at) => replaceBy(at, 'status.json', 'pipe')],
  ['a file in place of the lock', 'file/kind', 'agent.lock', (at) => replaceBy(at, 'agent.lock', 'file')],
  ['a foreign file', 'file/foreign', 'slots/readme', (at) => writeFileSync(join(at, 'slots/readme'), '')],
  ['a foreign folder', 'file/foreign', 'x', (at) => mkdirSync(join(at, 'x/y'), { recursive: true })],
  ['a name with a line end', 'file/foreign', 'a\nb', (at) => writeFileSync(join(at, 'a\nb'), '')],
  ['an image by another name', 'file/foreign', 'slots/a.fbi', (at) => writeFileSync(join(at, 'slots/a.fbi'), '')],
  ['no state', 'file/missing', STATE, (at) => rmSync(join(at, STATE))],
  ['a state that is too large', 'file/size', STATE, (at) => truncateSync(join(at, STATE), 1_048_577)],
  ['a state that is cut off', 'state/malformed', STATE, (at) => truncateSync(join(at, STATE), 100)],
  ['an empty state', 'state/malformed', STATE, (at) => truncateSync(join(at, STATE), 0)],
  ['a state of zeros', 'state/malformed', STATE, (at) => writeFileSync(join(at, STATE), Buffer.alloc(500))],
  [
    'a stage that is none',
    'state/malformed',
    STATE,
    (at) => editState(at, ({ candidate }) => (candidate['stage'] = 'x')),
  ],
  [
    'deaths as words',
    'state/malformed',
    STATE,
    (at) => editState(at, (state) => (state['confirmedDeathsAtMs'] = ['1'])),
  ],
  [
    'last known good without confirmed',
    'state/malformed',
    STATE,
    (at) => editState(at, (state) => (state['confirmed'] = null)),
  ],
  [
    'one image in two slots',
    'state/same-image',
    STATE,
    (at) => editState(at, (state) => (state['lastKnownGood'] = state['confirmed'])),
  ],
  [
    'a rejected image in a slot',
    'state/rejected-image',
    STATE,
    (at) => editState(at, ({ rejected }) => rejected.push(HELD.confirmed.digest)),
  ],
  [
    'a recalled starter',
    'state/starter',
    STATE,
    (at) => editState(at, (state) => (state['recalledStarter'] = HELD.starter.digest)),
  ],
  [
    'the same rejected twice',
    'state/bounds',
    STATE,
    (at) => editState(at, ({ rejected }) => rejected.push(...rejected)),
  ],
  [
    'too many deaths',
    'state/bounds',
    STATE,
    (at) => editState(at, (state) => (state['confirmedDeathsAtMs'] = [1, 2, 3, 4, 5, 6])),
  ],
  [
    'too many fallbacks',
    'state/bounds',
    STATE,
    (at) => editState(at, (state) => (state['fallbacksAtMs'] = [1, 2, 3, 4])),
  ],
  [
    'a candidate that died twice',
    'state/bounds',
    STATE,
    (at) => editState(at, ({ candidate }) => (candidate['kills'] = 2)),
  ],
  ['no bytes in a slot', 'slot/missing', slot(HELD.confirmed), (at) => rmSync(join(at, slot(HELD.confirmed)))],
  ['a changed image', 'slot/digest', slot(HELD.candidate), (at) => flip(join(at, slot(HELD.candidate)))],
  [
    'an image that is cut off',
    'slot/digest',
    slot(HELD.lastKnownGood),
    (at) => truncateSync(join(at, slot(HELD.lastKnownGood)), 10),
  ],
  [
    'an image that the verifier refuses, under its own digest',
    'slot/content',
    `slots/${sha256Hex(Buffer.from('no image'))}.fbi`,
    (at) => {
      const imageDigest = sha256Hex(Buffer.from('no image'))
      rmSync(join(at, slot(HELD.confirmed)))
      writeFileSync(join(at, `slots/${imageDigest}.fbi`), 'no image', { mode: 0o600 })
      editState(at, (state) => (state['confirmed'] = { ...HELD.confirmed.slot, imageDigest }))
    },
  ],
  [
    'another version than the state says',
    'slot/release',
    slot(HELD.confirmed),
    (at) => editState(at, (state) => (state['confirmed'] = { ...HELD.confirmed.slot, version: '7.7.7' })),
  ],
  ['no starter image', 'starter/missing', 'starter.fbi', (at) => rmSync(join(at, 'starter.fbi'))],
  ['a starter that nothing describes', 'starter/missing', 'starter.json', (at) => rmSync(join(at, 'starter.json'))],
  [
    'a starter that is described by nonsense',
    'starter/malformed',
    'starter.json',
    (at) => writeFileSync(join(at, 'starter.json'), '[]'),
  ],
  ['a changed starter', 'starter/digest', 'starter.fbi', (at) => flip(join(at, 'starter.fbi'), 200)],
  [
    'another starter',
    'starter/digest',
    'starter.fbi',
    (at) => writeFileSync(join(at, 'starter.fbi'), otherImage.bytes),
  ],
  ['a line without a number', 'spool/line', SPOOL, (at) => appendFileSync(join(at, SPOOL), 'forged\n')],
  ['an empty line', 'spool/line', SPOOL, (at) => appendFileSync(join(at, SPOOL), '\n')],
  ['a line twice', 'spool/sequence', SPOOL, (at) => appendFileSync(join(at, SPOOL), '1000000001 {}\n')],
  ['a line of a start to come', 'spool/sequence', SPOOL, (at) => appendFileSync(join(at, SPOOL), '9000000000 {}\n')],
  ['a changed event', 'quarantine/digest', poisonFile(), (at) => flip(join(at, poisonFile()))],
  [
    'two events for one',
    'quarantine/event',
    `quarantine/${sha256Hex(events([1, 2]))}.frb`,
    (at) => writeFileSync(join(at, `quarantine/${sha256Hex(events([1, 2]))}.frb`), events([1, 2]), { mode: 0o600 }),
  ],
  ['more events than are kept', 'quarantine/bounds', 'quarantine', (at) => fillQuarantine(at)],
  ['no root of trust', 'trust/root', 'fetcher/root.json', (at) => flip(join(at, 'fetcher/root.json'), 30)],
  ['changed metadata', 'trust/metadata', 'fetcher/trusted.json', (at) => flip(join(at, 'fetcher/trusted.json'), 500)],
  [
    "another vendor's metadata",
    'trust/older-root',
    'fetcher/trusted.json',
    (at) => writeFileSync(join(at, 'fetcher/trusted.json'), encodeTrusted(trustRoot(otherRoot))),
  ],
  ['a plan that is cut off', 'trust/plan', 'fetcher/plan.json', (at) => truncateSync(join(at, 'fetcher/plan.json'), 9)],
  [
    'an identity of nobody',
    'trust/identity',
    'fetcher/identity.json',
    (at) => writeFileSync(join(at, 'fetcher/identity.json'), '{}'),
  ],
  [
    'a changed image that was fetched',
    'trust/image',
    `fetcher/${HELD.candidate.digest}.fbi`,
    (at) => flip(join(at, `fetcher/${HELD.candidate.digest}.fbi`)),
  ],
  [
    'neither root nor metadata',
    'file/missing',
    'fetcher/root.json',
    (at) => ['root', 'trusted'].forEach((name) => rmSync(join(at, `fetcher/${name}.json`))),
  ],
  ['no configuration', 'file/missing', 'agent.json', (at) => rmSync(join(at, 'agent.json'))],
  ['a configuration of nobody', 'config/malformed', 'agent.json', (at) => writeFileSync(join(at, 'agent.json'), '{}')],
  ['a policy that was changed', 'policy/signature', 'policy.json', (at) => flip(join(at, 'policy.json'), 60)],
  ['another key', 'policy/signature', 'policy.json', (at) => writeFileSync(join(at, 'customer.pub'), 'a'.repeat(64))],
  ['no key', 'policy/key', 'customer.pub', (at) => rmSync(join(at, 'customer.pub'))],
  ['a key that is none', 'policy/key', 'customer.pub', (at) => writeFileSync(join(at, 'customer.pub'), 'key')],
  ['another tuning', 'policy/tuning', 'tuning.fbi', (at) => flip(join(at, 'tuning.fbi'))],
  ['a tuning that was taken away', 'policy/tuning', 'tuning.fbi', (at) => rmSync(join(at, 'tuning.fbi'))],
  ['a tuning without a policy', 'policy/tuning', 'tuning.fbi', (at) => rmSync(join(at, 'policy.json'))],
  ['a copy that was changed', 'policy/copy', 'fetcher/policy.json', (at) => flip(join(at, 'fetcher/policy.json'), 200)],
  ['a copy of nothing', 'policy/copy', 'fetcher/policy.json', (at) => writeFileSync(join(at, 'fetcher/policy.json'), '{}')], // prettier-ignore
  ['a refusal of nobody', 'json/malformed', 'policy-refused.json', (at) => writeFileSync(join(at, 'policy-refused.json'), '[]', { mode: 0o600 })], // prettier-ignore
  ['a memory that was changed', 'json/malformed', 'fetcher/seen.json', (at) => truncateSync(join(at, 'fetcher/seen.json'), 20)], // prettier-ignore
  ['a part in no wave', 'json/malformed', 'fetcher/wave.json', (at) => writeFileSync(join(at, 'fetcher/wave.json'), '{"wave":0}')], // prettier-ignore
  ['notices that are none', 'json/malformed', 'notices.json', (at) => writeFileSync(join(at, 'notices.json'), '[{}]')],
  [
    'a lock of nobody',
    'lock/malformed',
    'agent.lock',
    (at) => {
      rmSync(join(at, 'agent.lock'))
      symlinkSync('/etc/passwd', join(at, 'agent.lock'))
    },
  ],
]

function poisonFile(): string {
  return `quarantine/${sha256Hex(events([1], 'poison'))}.frb`
}

function replaceBy(folder: string, name: string, kind: 'folder' | 'pipe' | 'file'): void {
  const path = join(folder, name)
  rmSync(path)
  if (kind === 'folder') mkdirSync(path, { mode: 0o700 })
  else if (kind === 'file') writeFileSync(path, '1 1', { mode: 0o600 })
  else assert.equal(spawnSync('mkfifo', ['-m', '600', path]).status, 0)
}

function fillQuarantine(folder: string): void {
  for (let n = 2; n < 66; n++) {
    const event = events([n], 'poison')
    writeFileSync(join(folder, `quarantine/${sha256Hex(event)}.frb`), event, { mode: 0o600 })
  }
}

for (const [name, code, path, damage] of damages) {
  test(`found: ${name}: ${code}`, async (context) => {
    const folder = copyOf(context)
    damage(folder)
    const { findings, sound: isSound } = await fsck(folder)
    const seen = findings.filter((one) => !isConsequence(name, one.code)).map((one) => [one.code, one.path])
    assert.deepEqual([isSound, seen], [false, [[code, path]]])
    for (const { message } of findings) assert.match(message, /^[A-Z].*[;,:] .*[a-z]/)
  })
}

/** A link in place of the configuration is also a configuration that is missing: neither is believed. */
function isConsequence(name: string, code: FindingCode): boolean {
  return name === 'a link in place of the configuration' && code === 'file/missing'
}

test('found: what another user owns', { skip: isRoot ? false : 'needs root to give files away' }, async (context) => {
  const folder = copyOf(context)
  chownSync(join(folder, STATE), 65_534, 65_534)
  const codes = async () => (await fsck(folder)).findings.map(({ code, path }) => `${code} ${path}`)
  assert.deepEqual(await codes(), [`file/owner ${STATE}`])
  chownSync(join(folder, STATE), 0, 0)
  chownSync(folder, 65_534, 65_534)
  const found = await codes()
  assert.ok(found.includes('file/owner ') && found.includes(`file/owner ${STATE}`))
})

test('what interrupted writes leave is listed, and no finding', async (context) => {
  const folder = copyOf(context)
  const files = ['slots/.state.json.77.tmp', '.policy.json.1.tmp', 'status.json.new', `slots/${otherImage.digest}.fbi`, 'resume'] // prettier-ignore
  for (const file of files) writeFileSync(join(folder, file), '', { mode: 0o600 })
  appendFileSync(join(folder, SPOOL), '1000000002 torn')
  symlinkSync('1 1', join(folder, 'agent.lock.turn'))
  const { findings, leftovers } = await fsck(folder)
  assert.deepEqual(findings, [])
  assert.deepEqual(leftovers.map(({ path }) => path).toSorted(), [...files, SPOOL, 'agent.lock.turn'].toSorted()) // prettier-ignore
})

test('no folder, a file, an empty folder: findings, not faults', async (context) => {
  const folder = emptyFolder(context)
  const rows: readonly [path: string, codes: readonly FindingCode[]][] = [
    [join(folder, 'none'), ['folder/missing']],
    [join(sound, 'agent.json'), ['folder/missing']],
    [folder, ['file/missing', 'file/missing']],
  ]
  for (const [path, codes] of rows) assert.deepEqual((await fsck(path)).findings.map(({ code }) => code), codes) // prettier-ignore
})

test('as a command: 0 when sound, 3 with findings, one object with --json, nothing foreign on the terminal', (context) => {
  const folder = copyOf(context)
  const run = (...args: readonly string[]) => spawnSync(process.execPath, [MAIN, 'fsck', ...args], { encoding: 'utf8' })
  const good = run(folder)
  assert.deepEqual([good.status, good.stderr], [0, ''])
  assert.match(good.stdout, /^sound: \d+ files and folders of /m)
  writeFileSync(join(folder, '\u001b[31mred'), '')
  const bad = run(folder)
  assert.equal(bad.status, 3)
  assert.match(bad.stdout, /^\?\[31mred: The agent makes no such file/)
  const json = run(folder, '--json')
  assert.equal(json.status, 3)
  const { ok, findings } = JSON.parse(json.stdout) as { ok: boolean; findings: readonly { code: string }[] }
  assert.deepEqual([ok, findings.map(({ code }) => code)], [false, ['file/foreign']])
  assert.equal(run().status, 1)
})

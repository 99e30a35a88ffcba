import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { LinuxError } from '../errors.ts'
import { AuditControl, type AuditStatus } from './audit-control.ts'
import { ruleKey } from './audit-rules.ts'
import { probeAudit, removeAuditLeftovers } from './audit-session.ts'
import { removeSensorLeftovers } from './leftovers.ts'
import type { SensorInfo } from './sensor.ts'
import type { Drops, SensorTier } from './tier.ts'

const TRUE = ['/bin/true', '/usr/bin/true'].find((file) => existsSync(file)) ?? 'true'
const LOWER_TIER = path.join(import.meta.dirname, 'testing/lower-tier.ts')
const LIMITS = { timeout: 60_000 }

/** tracefs is mounted for the test alone where the machine has not mounted it. */
const MOUNTED =
  '[ -d /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing || exit 77; exec "$@"'
const inOwnMounts = (command: readonly string[]): readonly string[] => [
  'unshare',
  '--mount',
  '--',
  '/bin/sh',
  '-c',
  MOUNTED,
  'sh',
  ...command,
]

const started: ChildProcess[] = []
after(() => {
  for (const child of started) child.kill('SIGKILL')
})

interface Opened {
  readonly info: SensorInfo
  readonly instances: readonly string[]
}

interface Closed {
  readonly dropped: Drops
  readonly instances: readonly string[]
}

class LowerTier {
  readonly events: HostEvent[] = []
  readonly #child: ChildProcess
  readonly #lines: AsyncIterableIterator<string>

  constructor(tier: SensorTier) {
    const command = [process.execPath, LOWER_TIER, tier]
    const [file = '', ...args] = tier === 'tracefs' ? inOwnMounts(command) : command
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    started.push(this.#child)
    const output = this.#child.stdout
    assert.ok(output !== null)
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async opened(): Promise<Opened> {
    return this.#until((said): said is Opened => 'info' in said)
  }

  /** Ends it in order. */
  async close(): Promise<Closed> {
    this.#child.stdin?.end()
    return this.#until((said): said is Closed => 'dropped' in said)
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  async #until<T extends object>(isIt: (said: object) => said is T): Promise<T> {
    for (;;) {
      const line = await this.#lines.next()
      if (line.done === true) throw new Error('the tier ended')
      const said = JSON.parse(line.value) as object
      if (isIt(said)) return said
      this.events.push(said as HostEvent)
    }
  }
}

/** Short processes, one after the other. @returns the pid of their parent */
async function burst(count: number, cwd = '/usr'): Promise<number> {
  const script = `i=0; while [ $i -lt ${count} ]; do ${TRUE} "burst $i" x; i=$((i+1)); done`
  const shell = spawn('/bin/sh', ['-c', script], { cwd, stdio: 'ignore' })
  await once(shell, 'exit')
  return shell.pid ?? 0
}

function startsOf(events: readonly HostEvent[], parent: number): readonly HostEvent['fields'][] {
  return events
    .filter(({ category, fields }) => category === 'process_creation' && fields['ParentProcessId'] === parent)
    .map(({ fields }) => fields)
}

const COUNT = 300
const LINES = Array.from({ length: COUNT }, (_, k) => `${TRUE} burst ${k} x`)

/** What else a machine does may fill the kernel's buffers: whatever is missing then is counted. */
function assertCounted(seen: number, { dropped }: Closed): void {
  assert.ok(seen === COUNT || dropped[0] > 0, `${seen} of ${COUNT}, and ${dropped[0]} lost`)
}

function skipTracefs(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  const [file = '', ...args] = inOwnMounts(['test', '-w', '/sys/kernel/tracing/instances'])
  return spawnSync(file, args).status === 0 ? false : 'no tracefs to be had here'
}

test(
  'tracefs: 300 processes that end at once are all seen; arguments are right or missing',
  { ...LIMITS, skip: skipTracefs() },
  async () => {
    const tier = new LowerTier('tracefs')
    const { info, instances } = await tier.opened()
    assert.equal(info.tier, 'tracefs')
    assert.equal(instances.filter((name) => name.startsWith(`firebreak-${tier.pid}-`)).length, 1)
    const parent = await burst(COUNT)
    const closed = await tier.close()
    const seen = startsOf(tier.events, parent)
    assertCounted(seen.length, closed)
    for (const fields of seen) {
      assert.ok(fields['CommandLine'] === null || LINES.includes(String(fields['CommandLine'])))
      assert.equal(path.basename(String(fields['Image'])), path.basename(TRUE))
      assert.ok(String(fields['ParentCommandLine']).startsWith('/bin/sh -c i=0'))
      assert.equal(fields['ParentCurrentDirectory'], '/usr')
      assert.notEqual(fields['ProcessGuid'], null)
    }
    assert.equal(new Set(seen.map((fields) => fields['ProcessGuid'])).size, seen.length)
    assert.deepEqual(
      closed.instances.filter((name) => name.startsWith(`firebreak-${tier.pid}-`)),
      [],
    )
  },
)

test('tracefs: what a killed sensor left is removed by the next one', { ...LIMITS, skip: skipTracefs() }, async () => {
  const killed = new LowerTier('tracefs')
  const before = (await killed.opened()).instances.filter((name) => name.startsWith(`firebreak-${killed.pid}-`))
  assert.equal(before.length, 1)
  await killed.kill()
  const next = new LowerTier('tracefs')
  const { instances } = await next.opened()
  assert.ok(!instances.includes(before[0] ?? ''))
  await next.close()
})

/** Audit as it is now, but for what others lose meanwhile. */
function auditState(): { status: Omit<AuditStatus, 'lost'>; keys: readonly (string | null)[] } {
  const control = new AuditControl()
  const { lost: _, ...status } = control.status()
  const keys = control.listRules().map(ruleKey)
  control.close()
  return { status, keys }
}

/** A machine has one audit daemon: this is the only test file that becomes it, in one run at a time. */
const isAlone = await new Promise<boolean>((resolve) => {
  const lock = createServer().once('error', () => resolve(false))
  lock.listen('\0firebreak-audit-tests', () => resolve(true)).unref()
})

function skipAudit(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  if (!isAlone) return 'another run of these tests is at it'
  try {
    probeAudit()
    removeAuditLeftovers()
    const { status } = auditState()
    return status.pid === 0 ? false : `process ${status.pid} is the audit daemon`
  } catch (error) {
    if (error instanceof LinuxError) return error.message
    throw error
  }
}

const isOurs = (key: string | null): boolean => /^firebreak-\d/.test(key ?? '')

test(
  'audit: every process with all its arguments, whatever they are; and all is as it was',
  { ...LIMITS, skip: skipAudit() },
  async () => {
    const before = auditState()
    const tier = new LowerTier('audit')
    const { info } = await tier.opened()
    assert.deepEqual(info.categories, ['process_creation', 'network_connection'])
    const during = auditState()
    assert.deepEqual([during.status.pid, during.status.enabled], [tier.pid, 1])
    assert.deepEqual([during.status.backlogWait, during.status.failure], [0, 0]) // no task ever waits, nothing ever stops
    const parent = await burst(COUNT)
    const odd = ['', 'quote"', 'line\nbreak', ' pid=1 ', 'ü', 'x'.repeat(3000), '7F']
    const child = spawn(TRUE, odd, { stdio: 'ignore' })
    await once(child, 'exit')
    const closed = await tier.close()
    const seen = startsOf(tier.events, parent)
    assertCounted(seen.length, closed)
    const lines = seen.map((fields) => fields['CommandLine'])
    assert.deepEqual(
      lines,
      LINES.filter((line) => lines.includes(line)),
    )
    for (const fields of seen) {
      assert.equal(fields['UserId'], process.getuid?.())
      assert.equal(fields['CurrentDirectory'], '/usr')
      assert.ok(String(fields['ParentCommandLine']).startsWith('/bin/sh -c i=0'))
    }
    const strange = tier.events.find(
      ({ fields }) => fields['ProcessId'] === child.pid && fields['ProcessName'] === 'true',
    )
    if (strange !== undefined) assert.equal(strange.fields['CommandLine'], [TRUE, ...odd].join(' '))
    else assertCounted(COUNT - 1, closed)
    const now = auditState()
    assert.deepEqual(now.status, before.status)
    assert.deepEqual(now.keys.filter(isOurs), [])
  },
)

test(
  'audit: rules and settings of a killed sensor are undone by whoever comes next',
  { ...LIMITS, skip: skipAudit() },
  async () => {
    const before = auditState()
    const killed = new LowerTier('audit')
    await killed.opened()
    await killed.kill()
    assert.equal(auditState().keys.filter(isOurs).length > 0, true)
    const next = new LowerTier('audit')
    await next.opened()
    const { keys } = auditState()
    assert.ok(keys.filter(isOurs).every((key) => key?.startsWith(`firebreak-${next.pid}-`)))
    await next.kill()
    const removed = await removeSensorLeftovers()
    assert.ok(removed.auditRules > 0)
    assert.deepEqual([removed.problems, (await removeSensorLeftovers()).auditRules], [[], 0])
    assert.deepEqual(auditState().status, { ...before.status, pid: auditState().status.pid })
  },
)

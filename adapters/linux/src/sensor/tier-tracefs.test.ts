import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { ArgumentsFeed } from './arguments-feed.ts'
import type { ByteText } from './byte-text.ts'
import { Observer } from './observer.ts'
import { readBatch } from './testing/read-batch.ts'
import { pagesOf, type Traced, traceFolder } from './testing/trace-folder.ts'
import { ARGUMENTS_WAIT_MS, openTracefsTier } from './tier-tracefs.ts'

const OPTIONS = { skip: available() ? false : 'reads the kernel by its system calls' }

/** No machine gives these pids out. */
const [SHELL, CHILD, THREAD] = [4_200_001, 4_200_002, 4_200_003]
const CLONE_PARENT = 0x8000
const CLONE_THREAD = 0x10000

async function watch(context: TestContext, cpus: readonly (readonly Traced[])[], stats?: string) {
  const root = mkdtempSync(join(tmpdir(), 'firebreak-trace-'))
  context.after(() => rmSync(root, { recursive: true }))
  const folder = traceFolder(root, cpus, stats)
  const events: HostEvent[] = []
  const heldArguments = new ArgumentsFeed()
  const observer = new Observer({ now: Date.now, onBatch: ({ bytes }) => events.push(...readBatch(bytes)) })
  const tier = await openTracefsTier(observer, {
    heldArguments,
    traceInstance: () => Promise.resolve({ folder, reason: null }),
  })
  context.after(() => tier.close())
  const starts = (): readonly HostEvent['fields'][] =>
    events.filter(({ category }) => category === 'process_creation').map(({ fields }) => fields)
  return { tier, starts, heldArguments, folder }
}

const clock = OPTIONS.skip === false ? new Observer({ now: Date.now, onBatch: () => {} }) : null
function bootMs(): number {
  clock?.startRound()
  return Math.floor(clock?.bootMs ?? 0)
}
const NOW_MS = bootMs()
/** So many milliseconds before these tests. */
const ago = (ms: number): bigint => BigInt(NOW_MS - ms) * 1_000_000n

const fork = (timeNs: bigint, creator: number, pid: number, flags = 0): Traced => ({
  event: 'task/task_newtask',
  timeNs,
  fields: { common_pid: creator, pid, clone_flags: flags },
})
const exec = (timeNs: bigint, pid: number, filename: string): Traced => ({
  event: 'sched/sched_process_exec',
  timeNs,
  fields: { common_pid: pid, pid },
  filename,
})
const exit = (timeNs: bigint, pid: number, last: boolean): Traced => ({
  event: 'sched/sched_process_exit',
  timeNs,
  fields: { pid, group_dead: last ? 1 : 0 },
})

test('what the CPUs traced is put in order before it is believed', OPTIONS, async (context) => {
  const { tier, starts } = await watch(context, [
    [exec(ago(60), CHILD, '/bin/child'), exit(ago(50), CHILD, true)],
    [exec(ago(90), SHELL, '/bin/shell'), fork(ago(70), SHELL, CHILD)],
  ])
  await tier.close()
  const [shell, child] = starts()
  assert.deepEqual([shell?.['Image'], child?.['Image']], ['/bin/shell', '/bin/child'])
  assert.deepEqual([child?.['ParentProcessId'], child?.['ParentImage']], [SHELL, '/bin/shell'])
  assert.deepEqual([child?.['CommandLine'], child?.['User'], child?.['ProcessName']], [null, null, 'child'])
})

test('a child of a thread is a child of its process; one made as a sibling is not', OPTIONS, async (context) => {
  const { tier, starts } = await watch(context, [
    [
      exec(ago(90), SHELL, '/bin/shell'),
      fork(ago(80), SHELL, THREAD, CLONE_THREAD),
      fork(ago(70), THREAD, CHILD),
      exit(ago(65), THREAD, false),
      exec(ago(60), CHILD, '/bin/child'),
      fork(ago(50), CHILD, CHILD + 10, CLONE_PARENT),
      exec(ago(40), CHILD + 10, '/bin/sibling'),
    ],
  ])
  await tier.close()
  assert.deepEqual(
    starts().map((fields) => [fields['ProcessId'], fields['ParentProcessId']]),
    [
      [SHELL, null],
      [CHILD, SHELL],
      [CHILD + 10, SHELL],
    ],
  )
})

test('each exec gets the arguments that were read while it was held', OPTIONS, async (context) => {
  const { tier, starts, heldArguments } = await watch(context, [
    [exec(ago(60), CHILD, '/bin/first'), exec(ago(40), CHILD, '/bin/second'), exec(ago(30), CHILD, '/bin/third')],
  ])
  heldArguments.put(CHILD, 'first\0a b\0' as ByteText, NOW_MS - 61)
  heldArguments.put(CHILD, 'second\0\0' as ByteText, NOW_MS - 41)
  await tier.close()
  assert.deepEqual(
    starts().map((fields) => fields['CommandLine']),
    ['first a b', 'second ', null],
  )
})

test(
  'an exec waits for arguments that are still on their way, and what follows waits with it',
  OPTIONS,
  async (context) => {
    const { tier, starts, heldArguments, folder } = await watch(context, [[]])
    heldArguments.put(SHELL, 'earlier\0' as ByteText, NOW_MS)
    const startMs = bootMs()
    const late = exec(BigInt(startMs) * 1_000_000n, CHILD, '/bin/late')
    appendFileSync(join(folder, 'per_cpu/cpu0/trace_pipe_raw'), pagesOf([late]))
    tier.catchUp?.()
    if (bootMs() - startMs < ARGUMENTS_WAIT_MS) assert.deepEqual(starts(), []) // else it was right to give up
    heldArguments.put(CHILD, 'late\0' as ByteText, startMs)
    await tier.close()
    assert.equal(starts()[0]?.['CommandLine'], 'late')
  },
)

test('closing waits for nobody', OPTIONS, async (context) => {
  const { tier, starts, heldArguments, folder } = await watch(context, [[]])
  heldArguments.put(SHELL, 'earlier\0' as ByteText, NOW_MS)
  const late = exec(BigInt(bootMs()) * 1_000_000n, CHILD, '/bin/late')
  appendFileSync(join(folder, 'per_cpu/cpu0/trace_pipe_raw'), pagesOf([late]))
  await tier.close()
  assert.deepEqual([starts().length, starts()[0]?.['CommandLine']], [1, null])
})

test('losses are counted: by the kernel, and pages that are none', OPTIONS, async (context) => {
  const stats = 'entries: 5\noverrun: 3\ncommit overrun: 9\ndropped events: 4\nread events: 1\n'
  const { tier, folder } = await watch(context, [[]], stats)
  appendFileSync(join(folder, 'per_cpu/cpu0/trace_pipe_raw'), Buffer.alloc(4096, 0xff))
  await tier.close()
  assert.deepEqual(tier.dropped(), [8, 0, 0])
})

test('a grant that is none, or leads nowhere, is no tier', OPTIONS, async () => {
  const observer = new Observer({ now: Date.now, onBatch: () => {} })
  for (const grant of [
    { folder: null, reason: 'Cannot trace: not here' },
    { folder: null, reason: null },
    { folder: '/nonexistent/firebreak', reason: null },
  ]) {
    const opening = openTracefsTier(observer, { traceInstance: () => Promise.resolve(grant) })
    await assert.rejects(opening, (error) => error instanceof LinuxError && error.code === 'linux/sensor-unavailable')
  }
})

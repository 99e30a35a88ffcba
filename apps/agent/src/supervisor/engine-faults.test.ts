import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { good, PairBench, range } from '../testing/pair-bench.ts'
import { WAITING_LOOKS_MAX } from './watchdog.ts'

/** Longer than a pair remembers deaths: each fault is then the first. */
const LATER_MS = 60_000
const YEAR_MS = 365 * 86_400_000
const DESCRIPTORS = '/proc/self/fd'

/** Faults in the engine's own process (testing/faults.ts), or by a signal, and what becomes of the engine. */
const FAULTS: readonly (readonly [fault: string, end: 'replaced' | 'goes on'])[] = [
  ['SIGSEGV', 'replaced'],
  ['SIGKILL', 'replaced'],
  ['SIGTERM', 'replaced'],
  ['SIGSTOP', 'replaced'],
  ['abort', 'replaced'],
  ['throw', 'replaced'],
  ['stack-overflow', 'replaced'],
  ['loop', 'replaced'],
  ['heap-exhaustion', 'replaced'],
  ['native-exhaustion', 'replaced'],
  ['reply-flood', 'replaced'],
  ['partial-reply', 'replaced'],
  ['silence', 'replaced'],
  ['chatter', 'goes on'],
  ['fd-exhaustion', 'goes on'],
  ['clock-jump', 'goes on'],
]

function activeOf(bench: PairBench): number {
  const [active] = bench.pair.pids
  assert.ok(active !== undefined)
  return active
}

/** Both engines run, the standby is warm, and every event that was submitted has its one verdict. */
function whole(bench: PairBench, submitted: number): Promise<void> {
  return bench.until('a whole pair', () => {
    return bench.pair.hasStandby && bench.pair.pids.length === 2 && bench.pair.counters.eventsJudged === submitted
  })
}

/** What content could get written there would else be in the log of the supervisor, or over it. */
function assertOwnStandardError(bench: PairBench): void {
  const own = readlinkSync('/proc/self/fd/2')
  for (const pid of process.geteuid?.() === 0 ? bench.pair.pids : []) {
    const theirs = readlinkSync(`/proc/${pid}/fd/2`)
    assert.match(theirs, /^(socket|pipe):/)
    assert.notEqual(theirs, own)
  }
}

function openDescriptors(): number {
  return readdirSync(DESCRIPTORS).length
}

test('after any fault every event has one verdict, and the pair is whole again', async (context) => {
  const bench = new PairBench(context)
  await bench.warm()
  const descriptors = openDescriptors()
  let next = 0
  let restarts = 0
  for (const [fault, end] of FAULTS) {
    const active = activeOf(bench)
    const [before, at, after] = [range(next, next + 5), [next + 5], range(next + 6, next + 40)]
    next += 40
    for (const number of before) bench.submit([number])
    if (fault.startsWith('SIG')) process.kill(active, fault)
    bench.submit(at, `${fault}/${active}/`)
    for (const number of after) bench.submit([number])
    await whole(bench, next)
    if (end === 'replaced') restarts++
    assert.equal(activeOf(bench) === active, end === 'goes on', fault)
    assert.equal(existsSync(`/proc/${active}`), end === 'goes on', fault)
    assert.equal(bench.pair.restarts, restarts, fault)
    assertOwnStandardError(bench)
    bench.aheadMs += LATER_MS
  }
  assert.deepEqual(bench.order, range(0, next))
  assert.equal(bench.pair.counters.eventsDropped, 0)
  assert.equal(openDescriptors(), descriptors, 'nothing is leaked')
})

test('the clock of the host jumps, there and back, and nobody is killed', async (context) => {
  const bench = new PairBench(context)
  await bench.warm()
  for (const [index, years] of [100, -100, 0].entries()) {
    bench.wallMs = () => Date.now() + years * YEAR_MS
    bench.submit(range(index * 10, index * 10 + 10))
    bench.pair.passTime()
    await bench.sawAll(range(index * 10, index * 10 + 10))
  }
  bench.aheadMs += YEAR_MS // the machine slept
  bench.submit([100])
  await bench.sawAll([100])
  assert.equal(bench.pair.restarts, 0)
  assert.equal(Math.max(...bench.seen.values()), 1)
})

test('a standby that was stopped is replaced as soon as it is needed', async (context) => {
  const bench = new PairBench(context)
  await bench.warm()
  const [active = 0, standby = 0] = bench.pair.pids
  process.kill(standby, 'SIGSTOP')
  process.kill(active, 'SIGKILL')
  bench.submit([1])
  await whole(bench, 1)
  assert.deepEqual([...bench.seen], [[1, 1]])
})

const starving = starvingTools()

test('an engine that a busy host starves for seconds is healthy', { skip: starving }, async (context) => {
  const bench = new PairBench(context)
  await bench.warm(good)
  const active = activeOf(bench)
  const last = String(os.availableParallelism() - 1)
  await run('taskset', ['-a', '-c', '-p', last, String(active)])
  await run('chrt', ['-a', '-i', '-p', '0', String(active)]) // gets what others leave
  for (const share of sessionShare(active)) writeFileSync(share, '19')
  const busy = Array.from({ length: 4 }, () => {
    // Sessions of their own: Linux shares out a CPU among sessions first.
    return spawn('taskset', ['-c', last, process.execPath, '-e', `while (process.ppid === ${process.pid});`], {
      stdio: 'ignore',
      detached: true,
    })
  })
  context.after(() => busy.forEach((one) => one.kill('SIGKILL')))
  bench.submit([1], `burn/${active}/`)
  for (let looks = 0; looks < WAITING_LOOKS_MAX + 20; looks++) await setTimeout(25)
  context.diagnostic(`verdicts while it was starved: ${bench.seen.size}`)
  for (const one of busy) one.kill('SIGKILL')
  await run('chrt', ['-a', '-o', '-p', '0', String(active)])
  for (const share of sessionShare(active)) writeFileSync(share, '0')
  await bench.sawAll([1])
  assert.equal(activeOf(bench), active)
  assert.equal(bench.pair.restarts, 0)
})

/** Empty where the kernel has none. */
function sessionShare(pid: number): readonly string[] {
  return [`/proc/${pid}/autogroup`].filter((path) => existsSync(path))
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const [code] = (await once(spawn(command, args, { stdio: 'ignore' }), 'exit')) as [number | null]
  assert.equal(code, 0, command)
}

function starvingTools(): string | false {
  const folders = (process.env['PATH'] ?? '').split(':')
  const missing = ['taskset', 'chrt'].find((name) => !folders.some((folder) => existsSync(`${folder}/${name}`)))
  if (missing !== undefined) return `needs ${missing}`
  return process.geteuid?.() === 0 ? false : 'needs root, to starve an engine that is another user'
}

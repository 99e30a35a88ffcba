import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { ProcessUsageFile, type ProcessUsage } from './process-usage.ts'
import { type WatchedSeat, Watchdog, type Work } from './watchdog.ts'

const skip = existsSync('/proc/self/stat') ? false : 'needs /proc'

interface Behaviour {
  readonly usage: (look: number) => ProcessUsage | null
  readonly isMoving?: (look: number) => boolean
  readonly threads?: 'asleep' | 'at work'
}

/** A process as the kernel would describe it, look by look, until it is killed or `looksMax` looks have seen it. */
async function judged(context: TestContext, behaviour: Behaviour, looksMax: number, count = 1): Promise<string> {
  const verdict = Promise.withResolvers<string>()
  let looks = 0
  const seat: WatchedSeat = {
    usage: () => {
      if (looks === looksMax) verdict.resolve('lives')
      return behaviour.usage(looks++)
    },
    isMoving: () => behaviour.isMoving?.(looks) ?? false,
    sleepsEverywhere: () => behaviour.threads !== 'at work',
    kill: (code) => verdict.resolve(code),
  }
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const work: readonly Work[] = [{ seat, order: 1, count }]
  const watchdog = new Watchdog(() => work)
  context.after(() => watchdog.stop())
  watchdog.wake()
  for (let turn = 0; turn <= looksMax; turn++) context.mock.timers.tick(25)
  return verdict.promise
}

const rows: readonly (readonly [name: string, behaviour: Behaviour, looks: number, code: string, count?: number])[] = [
  ['a loop', { usage: (look) => ({ state: 'running', cpuMs: look * 25 }) }, 6, 'watchdog/cpu'],
  ['a loop among 64 events', { usage: (look) => ({ state: 'running', cpuMs: look * 25 }) }, 8, 'watchdog/cpu', 64],
  [
    'a loop on another thread',
    { usage: (look) => ({ state: 'sleeping', cpuMs: look * 25 }), threads: 'at work' },
    6,
    'watchdog/cpu',
  ],
  ['a stopped process', { usage: () => ({ state: 'stopped', cpuMs: 7 }) }, 2, 'watchdog/stopped'],
  ['one that sleeps over its batch', { usage: () => ({ state: 'sleeping', cpuMs: 7 }) }, 5, 'watchdog/silent'],
  [
    'one that does so and spends a little',
    { usage: (look) => ({ state: 'sleeping', cpuMs: look }) },
    5,
    'watchdog/silent',
  ],
  [
    'one that drips bytes',
    { usage: () => ({ state: 'sleeping', cpuMs: 7 }), isMoving: () => true },
    125,
    'watchdog/stuck',
  ],
  ['one that waits for a disk', { usage: () => ({ state: 'waiting', cpuMs: 7 }) }, 125, 'watchdog/stuck'],
  [
    'one whose thread is starved',
    { usage: () => ({ state: 'sleeping', cpuMs: 7 }), threads: 'at work' },
    125,
    'watchdog/stuck',
  ],
  ['one that nothing is known of', { usage: () => null }, 125, 'watchdog/stuck'],
  ['one that is starved for a minute', { usage: () => ({ state: 'running', cpuMs: 7 }) }, 2_400, 'lives'],
  [
    '64 events that take their time',
    { usage: (look) => ({ state: 'running', cpuMs: Math.min(look * 25, 140) }) },
    50,
    'lives',
    64,
  ],
  [
    'a slow disk, and then work',
    { usage: (look) => ({ state: look < 100 ? 'waiting' : 'running', cpuMs: 7 }) },
    500,
    'lives',
  ],
  ['a large answer', { usage: () => ({ state: 'sleeping', cpuMs: 7 }), isMoving: (look) => look < 100 }, 100, 'lives'],
]

for (const [name, behaviour, looks, code, count] of rows) {
  test(`${name}: ${code}`, async (context) => {
    assert.equal(await judged(context, behaviour, looks, count), code)
  })
}

test('each batch has a time of its own', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let [order, cpuMs] = [0, 0]
  const seat: WatchedSeat = {
    usage: () => ({ state: 'running', cpuMs: (cpuMs += 60) }),
    isMoving: () => false,
    sleepsEverywhere: () => false,
    kill: () => assert.fail('nobody took long'),
  }
  const watchdog = new Watchdog(() => [{ seat, order: Math.floor(order++ / 2), count: 1 }])
  context.after(() => watchdog.stop())
  watchdog.wake()
  for (let look = 0; look < 50; look++) context.mock.timers.tick(25)
  assert.equal(order, 51)
})

test('while nobody has work there is no look', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let looks = 0
  const watchdog = new Watchdog(() => {
    looks++
    return []
  })
  watchdog.wake()
  watchdog.wake()
  for (let look = 0; look < 50; look++) context.mock.timers.tick(25)
  assert.equal(looks, 2, 'one when work is given, one when it is done')
})

test('a real process: it runs, it sleeps, it is stopped, it is gone', { skip }, async (context) => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.once("data", () => { for (;;); }); console.log(1)'])
  context.after(() => child.kill('SIGKILL'))
  const usage = new ProcessUsageFile(child.pid ?? 0)
  context.after(() => usage.close())
  const becomes = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  }
  await once(child.stdout, 'data')
  await becomes(() => usage.read()?.state === 'sleeping' && usage.sleepsEverywhere())
  const beforeMs = usage.read()?.cpuMs ?? Number.NaN
  child.stdin.write('x')
  await becomes(() => (usage.read()?.cpuMs ?? 0) >= beforeMs + 50)
  assert.equal(usage.read()?.state, 'running')
  assert.equal(usage.sleepsEverywhere(), false)
  child.kill('SIGSTOP')
  await becomes(() => usage.read()?.state === 'stopped')
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(usage.read(), null)
  assert.equal(usage.sleepsEverywhere(), false)
})

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { probeSandbox } from '@firebreak/linux'

const LONE_SENSOR = path.resolve(import.meta.dirname, '../testing/lone-sensor.ts')

/** tracefs is mounted for the test alone where the machine has not mounted it. */
const MOUNTED =
  '[ -d /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing || exit 77; exec "$@"'
const inOwnMounts = (command: readonly string[]): string[] => [
  '--mount',
  '--',
  '/bin/sh',
  '-c',
  MOUNTED,
  'sh',
  ...command,
]

function skip(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  const { tier } = probeSandbox()
  if (tier !== 'full') return `the sandbox is ${tier}`
  const probe = spawnSync('unshare', inOwnMounts(['test', '-w', '/sys/kernel/tracing/instances']))
  return probe.status === 0 ? false : 'no tracefs to be had here'
}

test(
  'a confined sensor, which may write no file, traces in an instance that its supervisor made and removes',
  { skip: skip(), timeout: 60_000 },
  async () => {
    const keeper = spawn('unshare', inOwnMounts([process.execPath, LONE_SENSOR, 'tracefs']), {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]()
      const said = async (key: string): Promise<Record<string, unknown>> => {
        for (;;) {
          const line = await lines.next()
          assert.ok(line.done !== true, `it ended before it said ${key}`)
          const value = JSON.parse(line.value) as Record<string, unknown>
          if (key in value) return value
        }
      }
      const ready = await said('tier')
      assert.equal(ready['tier'], 'tracefs', String(ready['reason']))
      assert.equal((ready['instances'] as unknown[]).length, 1)
      spawnSync('/bin/sh', ['-c', ':'])
      assert.ok(Number((await said('sensed'))['sensed']) > 0)
      keeper.stdin.end()
      assert.deepEqual(await said('instances'), { instances: [] })
    } finally {
      keeper.kill('SIGKILL')
    }
  },
)

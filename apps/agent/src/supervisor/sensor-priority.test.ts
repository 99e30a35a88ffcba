import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import process from 'node:process'
import { test } from 'node:test'
import { FRAME } from '@firebreak/api'
import { codeFolders, entryOf } from '../entries.ts'
import { KeptProcess } from './kept-process.ts'
import { preferSensor, SENSOR_NICENESS } from './sensor-priority.ts'

const isRoot = process.getuid?.() === 0

test('every thread of a sensor goes before ordinary work', { skip: !isRoot && 'needs root' }, async () => {
  const ready = Promise.withResolvers<void>()
  const settings = JSON.stringify({ tier: 'proc-poll', files: null, heldArguments: false })
  const kept = new KeptProcess({
    spawn: {
      profile: 'sensor',
      entry: entryOf('sensor'),
      args: [settings],
      readFolders: codeFolders(),
      writeFolders: [],
      connectPorts: [],
    },
    frameBytesMax: 2 ** 24,
    onStarted: ({ pid }) => preferSensor(pid),
    onFrame: ({ type }) => type === FRAME.SENSOR_READY && ready.resolve(),
  })
  try {
    await ready.promise
    const { pid } = kept
    assert.ok(pid !== null)
    const threads = readdirSync(`/proc/${pid}/task`)
    assert.ok(threads.length > 1)
    for (const thread of threads) assert.equal(nicenessOf(pid, thread), SENSOR_NICENESS)
    const group = `/proc/${pid}/autogroup`
    if (existsSync(group)) assert.match(readFileSync(group, 'latin1'), new RegExp(` nice ${SENSOR_NICENESS}$`, 'm'))
  } finally {
    await kept.stop()
  }
})

test('who may not, or comes too late, goes on', async () => {
  const child = spawn('true', { stdio: 'ignore' })
  await once(child, 'exit')
  preferSensor(child.pid ?? 0x3f_ffff)
  assert.equal(getPriority(), getPriority(process.pid))
})

function nicenessOf(pid: number, thread: string): number {
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
}

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import process from 'node:process'
import { after, afterEach, test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { mountTemporary } from '../fanotify/testing/temporary-mount.ts'
import type { FileOptions } from './file-events.ts'
import { openSensor, type Sensor } from './sensor.ts'
import { readBatch } from './testing/read-batch.ts'
import type { SensorTier } from './tier.ts'

const skip = process.platform !== 'linux' || process.geteuid?.() !== 0 ? 'needs root on Linux' : false
const mount = skip === false ? mountTemporary('files') : null
const top = mount?.folder ?? ''
const sensors: Sensor[] = []
afterEach(async () => {
  for (const sensor of sensors.splice(0)) await sensor.close()
})
after(() => mount?.unmount())

interface Watch {
  readonly sensor: Sensor
  /** Waits for the first event about this path. */
  readonly about: (path: string) => Promise<HostEvent>
  readonly events: readonly HostEvent[]
}

async function watch(options: FileOptions | null = {}, tier?: SensorTier): Promise<Watch> {
  const events: HostEvent[] = []
  const sensor = await openSensor({
    ...(tier && { tier }),
    files: options && { mountPoints: [top], ...options },
    onBatch: ({ bytes, rank }) => {
      const batch = readBatch(bytes)
      for (const { category } of batch)
        assert.equal(rank === 2, category?.startsWith('file_'), 'files are worth the least')
      events.push(...batch)
    },
    now: Date.now,
  })
  sensors.push(sensor)
  const about = async (path: string): Promise<HostEvent> => {
    for (;;) {
      const found = events.find((event) => event.fields['TargetFilename'] === path)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  return { sensor, about, events }
}

test(
  'each kind of change has its category and who did it, also of programs that are gone at once',
  { skip },
  async () => {
    const { about, sensor } = await watch()
    for (const category of ['file_event', 'file_rename', 'file_change', 'file_delete']) {
      assert.ok(sensor.info.categories.includes(category))
    }
    execFileSync('cp', ['/etc/hostname', `${top}/a`])
    execFileSync('mv', [`${top}/a`, `${top}/b`])
    execFileSync('touch', ['-d', '2020-01-01', `${top}/c`])
    execFileSync('chmod', ['700', `${top}/b`])
    execFileSync('rm', [`${top}/b`])
    const made = await about(`${top}/a`)
    assert.deepEqual([made.category, made.product, made.fields['FileOperation']], ['file_event', 'linux', 'create'])
    if (sensor.info.tier === 'ebpf') {
      assert.match(String(made.fields['Image']), /\/cp$/)
      assert.equal(made.fields['CommandLine'], `cp /etc/hostname ${top}/a`)
      assert.equal(made.fields['User'], 'root')
    }
    const moved = await about(`${top}/b`)
    assert.deepEqual([moved.category, moved.fields['SourceFilename']], ['file_rename', `${top}/a`])
  },
)

test('who wrote is who it was when it was read, not who forked it', { skip }, async (context) => {
  const { about, sensor } = await watch()
  if (sensor.info.tier !== 'ebpf') return context.skip('only this tier knows in time')
  for (let i = 0; i < 20; i++) {
    spawnSync('/bin/sh', ['-c', `cp /etc/hostname ${top}/who-${i}`]) // a shell that becomes, or starts, another program
    assert.match(String((await about(`${top}/who-${i}`)).fields['Image']), /\/cp$/)
  }
})

test('what the agent does in its own folder is no event, what others do there is', { skip }, async () => {
  const own = `${top}/own`
  fs.mkdirSync(own)
  const { about, events } = await watch({ ownFolder: own })
  const parent = process.ppid // stands for the supervisor, whose child we are
  assert.ok(parent > 1)
  fs.writeFileSync(`${own}/status.json`, 'ours') // a child of it, as the fetcher is
  execFileSync('cp', ['/etc/hostname', `${own}/foreign`])
  fs.writeFileSync(`${own}-not`, 'ours, but not there')
  await about(`${own}/foreign`)
  await about(`${own}-not`)
  assert.ok(!events.some((event) => event.fields['TargetFilename'] === `${own}/status.json`))
})

test('beside a tier that knows little, files are watched all the same', { skip }, async () => {
  const { about } = await watch({}, 'proc-poll')
  fs.writeFileSync(`${top}/poll`, '')
  const { fields } = await about(`${top}/poll`)
  assert.deepEqual([fields['ProcessId'], typeof fields['Image']], [process.pid, 'string'])
})

for (const [what, options] of [
  ['no files can be watched', { mountPoints: [] }],
  ["the agent's own folder is gone", { ownFolder: `${top}/nowhere` }],
] as const) {
  test(`where ${what}, the tier goes on without files and says so`, { skip }, async () => {
    const { sensor } = await watch(options, 'proc-poll')
    assert.deepEqual(sensor.info.categories, ['process_creation'])
    assert.match(sensor.info.reason, /Cannot watch files: /)
    assert.equal(sensor.stats().files, null)
  })
}

test('digests are filled in from when they are wanted until they are not', { skip }, async (context) => {
  const { sensor, events } = await watch(null)
  if (sensor.info.tier !== 'ebpf') return context.skip('only this tier says which file was executed')
  const run = async (name: string) => {
    fs.copyFileSync('/bin/true', `${top}/${name}`)
    spawnSync(`${top}/${name}`)
    for (;;) {
      const found = events.find((event) => event.fields['Image'] === `${top}/${name}`)
      if (found) return found.fields['Hashes']
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  assert.equal(await run('before'), null)
  sensor.want(['Hashes', 'SomethingElse'])
  const [digest = ''] = execFileSync('sha256sum', ['/bin/true'], { encoding: 'latin1' }).split(' ')
  assert.equal(await run('wanted'), `SHA256=${digest.toUpperCase()}`)
  sensor.want([])
  assert.equal(await run('after'), null)
})

test('what happened just before the close is handed on, whatever the tier', { skip }, async () => {
  for (const tier of ['ebpf', 'proc-poll'] as const) {
    const { sensor, events } = await watch({}, tier)
    fs.writeFileSync(`${top}/last-of-${tier}`, 'x')
    await sensor.close()
    assert.ok(
      events.some(({ fields }) => fields['TargetFilename'] === `${top}/last-of-${tier}`),
      tier,
    )
  }
})

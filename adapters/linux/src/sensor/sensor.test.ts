import assert from 'node:assert/strict'
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { after, test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { probeSandbox } from '../sandbox/probe.ts'
import { spawnConfined } from '../sandbox/spawn.ts'
import { closeAll } from './bpf.ts'
import { attachPrograms } from './bpf-attach.ts'
import { BATCH_COUNT_MAX } from './event-writer.ts'
import { readKernelOffsets } from './kernel-offsets.ts'
import { openSensor, probeSensorTiers, type Sensor, type SensorInfo } from './sensor.ts'
import { readBatch } from './testing/read-batch.ts'
import { SENSOR_TIERS, type SensorTier } from './tier.ts'

const TRUE = ['/bin/true', '/usr/bin/true'].find((file) => existsSync(file)) ?? 'true'
const SENSOR_PROCESS = path.join(import.meta.dirname, 'testing/sensor-process.ts')
const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')
const NOBODY = 65534
/** A machine has one audit daemon: lower-tiers.test.ts is the only file that becomes it. */
const TRIED_HERE = SENSOR_TIERS.filter((tier) => tier !== 'audit')

const probes = new Map((await probeSensorTiers()).map((probe) => [probe.tier, probe]))
const skipWithout = (tier: SensorTier): string | false => {
  const probe = probes.get(tier)
  return probe?.available === true ? false : (probe?.reason ?? 'unknown tier')
}

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'firebreak-sensor-')))
const started: (() => void)[] = []
after(() => {
  rmSync(folder, { recursive: true })
  for (const end of started) end() // only after a failure is there anything left to end
})

// The last one to leave the tracepoint of a system call waits 70 ms for the kernel; these let the tests' sensors be first.
const last = skipWithout('ebpf') === false ? attachPrograms(readKernelOffsets()).fds : []
after(() => closeAll(last))

interface Watch extends Sensor {
  readonly events: readonly HostEvent[]
  /** Resolves with the first event, past or to come, that fits. */
  first(fits: (event: HostEvent) => boolean): Promise<HostEvent>
}

async function watch(tier?: SensorTier): Promise<Watch> {
  const events: HostEvent[] = []
  let waiting: (() => void) | null = null
  const sensor = await openSensor({
    ...(tier && { tier }),
    now: Date.now,
    onBatch({ count, bytes }) {
      assert.ok(count > 0 && count <= BATCH_COUNT_MAX)
      events.push(...readBatch(bytes))
      waiting?.()
    },
  })
  started.push(() => void sensor.close())
  const first = async (fits: (event: HostEvent) => boolean): Promise<HostEvent> => {
    for (;;) {
      const found = events.find(fits)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        waiting = resolve
      })
    }
  }
  return { ...sensor, events, first }
}

/** A shell that waits until its input ends, which is at the latest when this process does. */
function lingering(marker: string, options: SpawnOptions = {}): ChildProcess {
  const child = spawn('/bin/sh', ['-c', 'read _', marker], { ...options, stdio: ['pipe', 'ignore', 'ignore'] })
  started.push(() => child.kill())
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}

const hasArgument = (marker: string) => (event: HostEvent) =>
  event.category === 'process_creation' && String(event.fields['CommandLine']).endsWith(` ${marker}`)

test(
  'ebpf: 300 processes that end at once: each is seen, with its arguments and its parent; none is dropped',
  {
    skip: skipWithout('ebpf'),
  },
  async () => {
    const count = 300
    const sensor = await watch('ebpf')
    const script = `i=0; while [ $i -lt ${count} ]; do ${TRUE} "burst $i" x; i=$((i+1)); done`
    const shell = spawn('/bin/sh', ['-c', script], { cwd: '/usr', stdio: 'ignore' })
    await once(shell, 'exit')
    await sensor.close()
    const seen = sensor.events.filter(({ fields }) => fields['ParentProcessId'] === shell.pid)
    const lines = seen.map(({ fields }) => fields['CommandLine'])
    assert.deepEqual(
      lines,
      Array.from({ length: count }, (_, i) => `${TRUE} burst ${i} x`),
    )
    for (const { fields, product } of seen) {
      assert.equal(product, 'linux')
      assert.equal(fields['Image'], realpathSync(TRUE))
      assert.equal(fields['ProcessName'], 'true')
      assert.equal(fields['CurrentDirectory'], '/usr')
      assert.equal(fields['ParentCommandLine'], `/bin/sh -c ${script}`)
      assert.equal(fields['UserId'], process.getuid?.())
      assert.match(String(fields['ProcessGuid']), new RegExp(`^[0-9a-f]{8}-${fields['ProcessId']}-\\d+$`))
    }
    const guid = sensor.events.find(({ fields }) => fields['ProcessId'] === shell.pid)?.fields['ProcessGuid']
    assert.deepEqual(new Set(seen.map(({ fields }) => fields['ParentProcessGuid'])), new Set([guid]))
    // Other tests write files meanwhile: those may be dropped.
    const [processesDropped] = sensor.dropped()
    assert.equal(processesDropped, 0)
  },
)

for (const tier of TRIED_HERE) {
  test(
    `${tier}: sees a process, who it is and who started it`,
    { skip: skipWithout(tier), timeout: 30_000 },
    async () => {
      const sensor = await watch(tier)
      assert.equal(sensor.info.tier, tier)
      const marker = `marker-${process.pid}-${tier}`
      const child = lingering(marker, { cwd: '/usr' })
      const { fields, timeMs } = await sensor.first(hasArgument(marker))
      await end(child)
      await sensor.close()
      assert.equal(fields['ProcessId'], child.pid)
      assert.equal(fields['Image'], realpathSync('/bin/sh'))
      assert.equal(fields['CurrentDirectory'], '/usr')
      assert.equal(fields['ParentProcessId'], process.pid)
      assert.equal(fields['ParentImage'], process.execPath)
      assert.ok(Number(fields['StartTime']) <= timeMs)
      assert.ok(sensor.info.categories.includes('process_creation'))
    },
  )
}

test('ebpf: a subshell that never execs is a parent all the same', { skip: skipWithout('ebpf') }, async () => {
  const sensor = await watch('ebpf')
  const script = `(${TRUE} inner; :)`
  await once(spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }), 'exit')
  await sensor.close()
  const inner = sensor.events.find(hasArgument('inner'))
  assert.equal(inner?.fields['ParentCommandLine'], `/bin/sh -c ${script}`)
})

test('ebpf: who started a process stays its parent when it is gone', { skip: skipWithout('ebpf') }, async () => {
  const sensor = await watch('ebpf')
  const script = `{ read _ <&3; exec ${TRUE} orphan; } 3<&0 &`
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(shell, 'exit')
  shell.stdin.end()
  const { fields } = await sensor.first(hasArgument('orphan'))
  await sensor.close()
  assert.deepEqual([fields['ParentProcessId'], fields['ParentCommandLine']], [shell.pid, `/bin/sh -c ${script}`])
})

test(
  'ebpf: a script shows its interpreter as image, as /proc/PID/exe does',
  { skip: skipWithout('ebpf') },
  async () => {
    const script = path.join(folder, 'script')
    writeFileSync(script, `#!/bin/sh\n${TRUE} from-script\n`, { mode: 0o755 })
    const sensor = await watch('ebpf')
    await once(spawn('./script', ['a'], { cwd: folder, stdio: 'ignore' }), 'exit')
    await sensor.close()
    const event = sensor.events.find(({ fields }) => fields['CommandLine'] === '/bin/sh ./script a')
    assert.equal(event?.fields['Image'], realpathSync('/bin/sh'))
    assert.equal(event?.fields['CurrentDirectory'], folder)
  },
)

test('ebpf: an executable that is deleted at once keeps its absolute name', { skip: skipWithout('ebpf') }, async () => {
  const copy = path.join(folder, 'copy')
  copyFileSync(TRUE, copy)
  const sensor = await watch('ebpf')
  await once(spawn('/bin/sh', ['-c', './copy gone; rm copy'], { cwd: folder, stdio: 'ignore' }), 'exit')
  await sensor.close()
  const event = sensor.events.find(hasArgument('gone'))
  assert.equal(event?.fields['Image'], copy)
})

test('ebpf: a command line beyond the limit is cut, not lost', { skip: skipWithout('ebpf') }, async () => {
  const sensor = await watch('ebpf')
  await once(spawn('/bin/sh', ['-c', `exec ${TRUE} ${'x'.repeat(8000)}`], { stdio: 'ignore' }), 'exit')
  await sensor.close()
  const long = sensor.events.find(({ fields }) => String(fields['CommandLine']).startsWith(`${TRUE} xxx`))
  assert.equal(String(long?.fields['CommandLine']).length, 4095)
})

test('ebpf: sees an outbound connection, also a refused one', { skip: skipWithout('ebpf') }, async (context) => {
  const sensor = await watch('ebpf')
  if (!sensor.info.categories.includes('network_connection')) context.skip('this kernel lacks a field that we need')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  server.close()
  await once(server, 'close')
  await once(connect(port, '127.0.0.1'), 'error')
  await sensor.close()
  const seen = sensor.events.filter(
    ({ fields }) => fields['DestinationPort'] === port && fields['Initiated'] === 'true',
  )
  assert.equal(seen.length, 2)
  for (const { category, fields } of seen) {
    assert.equal(category, 'network_connection')
    assert.equal(fields['Image'], process.execPath)
    assert.deepEqual(
      [fields['ProcessId'], fields['DestinationIp'], fields['Initiated']],
      [process.pid, '127.0.0.1', 'true'],
    )
  }
})

test('ebpf: two sensors at once see the same', { skip: skipWithout('ebpf') }, async () => {
  const [one, other] = [await watch('ebpf'), await watch('ebpf')]
  await once(spawn(TRUE, [`twice-${process.pid}`], { stdio: 'ignore' }), 'exit')
  await one.close()
  await other.close()
  assert.deepEqual(
    [one, other].map(({ events }) => events.filter(hasArgument(`twice-${process.pid}`)).length),
    [1, 1],
  )
})

test('without a tier asked for, the best one that works is taken', async () => {
  const sensor = await watch()
  await sensor.close()
  assert.equal(
    sensor.info.tier,
    SENSOR_TIERS.find((tier) => skipWithout(tier) === false),
  )
})

test('closing gives every descriptor and mapping back, and may be repeated', async () => {
  const held = () => ({
    descriptors: readdirSync('/proc/self/fd').length,
    bpf: readFileSync('/proc/self/maps', 'utf8').split('bpf').length,
  })
  const before = held()
  for (const tier of TRIED_HERE) {
    if (skipWithout(tier) !== false) continue
    const sensor = await watch(tier)
    await sensor.close()
    await sensor.close()
    assert.deepEqual(sensor.dropped(), [0, 0, 0])
    assert.deepEqual(held(), before, tier)
  }
})

test('no event arrives after the end', { skip: skipWithout('ebpf') }, async () => {
  const sensor = await watch('ebpf')
  await sensor.close()
  const count = sensor.events.length
  const later = await watch('ebpf')
  await once(spawn(TRUE, ['too-late'], { stdio: 'ignore' }), 'exit')
  await later.close()
  assert.equal(sensor.events.length, count)
})

/** Reads what testing/sensor-process.ts says: first of itself, then event after event. */
async function observe(output: Readable, marker: string): Promise<{ info: SensorInfo; event: HostEvent }> {
  let info: SensorInfo | null = null
  let child: ChildProcess | null = null
  for await (const line of createInterface({ input: output })) {
    const said = JSON.parse(line) as SensorInfo | HostEvent
    if ('tier' in said) {
      info = said
      child = lingering(marker)
    } else if (info !== null && child !== null && hasArgument(marker)(said)) {
      await end(child)
      return { info, event: said }
    }
  }
  throw new Error('the sensor ended before it saw anything')
}

test(
  'as an ordinary user: the last tier, saying why, and it sees a process',
  {
    skip: process.getuid?.() === 0 ? false : 'needs root, to become someone else',
    timeout: 30_000,
  },
  async (context) => {
    const sensor = spawn(process.execPath, [SENSOR_PROCESS], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.push(() => sensor.kill())
    const problems: string[] = []
    sensor.stderr.setEncoding('utf8').on('data', (text: string) => problems.push(text))
    try {
      const { info, event } = await observe(sensor.stdout, `nobody-${process.pid}`)
      assert.equal(info.tier, 'proc-poll')
      assert.deepEqual(info.categories, ['process_creation'])
      assert.match(info.reason, /ebpf: Cannot .*proc-connector: Cannot /)
      assert.equal(event.fields['UserId'], process.getuid?.())
      assert.equal(event.fields['Image'], null) // not ours to see
    } catch (error) {
      if (!problems.join('').includes('EACCES')) throw error
      context.skip('this checkout is not readable for others')
    } finally {
      sensor.kill()
    }
  },
)

const tierOfConfined = probeSandbox().tier
test(
  'confined to the sensor profile, the best tier works as before',
  {
    skip: tierOfConfined === 'full' ? skipWithout('ebpf') : `the sandbox is ${tierOfConfined}`,
    timeout: 30_000,
  },
  async () => {
    const sensor = spawnConfined({
      profile: 'sensor',
      entry: SENSOR_PROCESS,
      args: ['4'],
      readFolders: [REPOSITORY],
      writeFolders: [],
      connectPorts: [],
    })
    started.push(() => sensor.kill())
    const { info, event } = await observe(sensor.output, `confined-${process.pid}`)
    sensor.kill()
    await sensor.exited
    assert.equal(info.tier, 'ebpf')
    const unconfined = await watch('ebpf')
    await unconfined.close()
    assert.deepEqual(info.categories, unconfined.info.categories)
    assert.equal(event.fields['Image'], realpathSync('/bin/sh'))
    assert.equal(event.fields['ParentImage'], process.execPath)
  },
)

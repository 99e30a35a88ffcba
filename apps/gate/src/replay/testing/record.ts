/**
 * Records the benign corpus: the agent's own sensor, confined as on a host, while `corpora/record/ordinary.sh` runs. As root, and on a
 * machine that nobody minds: it makes folders under /home, /srv and /var for the time being. Arguments: the file to write, the number of rounds.
 * See corpora/README.md.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { EventColumns, FieldNames, type HostEvent, RecordBatch } from '@firebreak/detect'
import { SensorProcess } from '../../../../agent/src/supervisor/sensor-process.ts'
import { scrub } from './scrub.ts'

const ROOT = resolve(import.meta.dirname, '../../../../..')
const RECORD = join(ROOT, 'corpora/record')
/** Which user has each folder that there is while it records. */
const FOLDERS: Readonly<Record<string, number>> = {
  '/home/ada': 1000,
  '/home/deploy': 1001,
  '/srv/app': 1001,
  '/srv/image': 0,
  '/var/log/app': 0,
  '/var/www': 33,
  '/var/lib/postgresql': 101,
}
/** By the sensor, from the last event to the batch with it. */
const SETTLE_MS = 1_500
const NAMES = new FieldNames([])

/** Of the cgroup in which everything happens that is recorded: so other people's processes are no part of it. */
const container = randomBytes(32).toString('hex')
const cgroup = join('/sys/fs/cgroup/pids', container)
const [file = '', rounds = '1'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'firebreak-record-'))
const batches: Uint8Array[] = []
const { promise: ready, resolve: isReady } = Promise.withResolvers<string>()
const sensor = new SensorProcess(
  join(ROOT, 'apps/agent/src/sensor/main.ts'),
  [ROOT],
  { tier: null, files: { ownFolder: null } },
  { ready: ({ tier }) => isReady(tier), sensed: (payload) => void batches.push(payload.slice()) },
)
/** What they talk to is in a network of its own, with this process in it. */
const services = spawn(
  'unshare',
  [
    '-n',
    '/bin/sh',
    '-c',
    `ip link set lo up; ip route add local 198.51.100.0/24 dev lo; exec python3 ${RECORD}/services.py`,
  ],
  { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
)
const made = Object.entries(FOLDERS).filter(([path]) => !existsSync(path))
try {
  for (const [path, user] of made) {
    mkdirSync(path, { recursive: true })
    chownSync(path, user, user)
  }
  mkdirSync(cgroup)
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 198.51.100.253\n')
  await once(services.stdout, 'data')
  console.error(`sensor: ${await ready}`)
  for (let round = 1; round <= Number(rounds); round++) await ordinary(round)
  await setTimeout(SETTLE_MS)
  const events = batches.flatMap(eventsOf).filter((event) => event.fields['ContainerId'] === container)
  const lines = scrub(events.filter(isOrdinary)).map((event) => JSON.stringify(event))
  writeFileSync(file, gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
  console.error(`${lines.length} events; lost: ${JSON.stringify(sensor.drops)}`)
} finally {
  await sensor.stop()
  services.kill()
  for (const [path] of made) rmSync(path, { recursive: true, force: true })
  rmSync(folder, { recursive: true })
  rmdirSync(cgroup)
}

async function ordinary(round: number): Promise<void> {
  const script = `echo $$ > ${cgroup}/cgroup.procs; mount --bind ${folder}/resolv.conf /etc/resolv.conf; exec ${RECORD}/ordinary.sh ${round}`
  const args = ['-t', String(services.pid), '-n', 'unshare', '-m', '/bin/bash', '-c', script]
  const child = spawn('nsenter', args, { stdio: 'ignore', cwd: '/' })
  await once(child, 'exit')
}

/** Not what this program did to begin a round. */
function isOrdinary({ fields }: HostEvent): boolean {
  return !Object.values(fields).some(
    (value) => typeof value === 'string' && (value.includes(cgroup) || value === process.execPath),
  )
}

function eventsOf(batch: Uint8Array): HostEvent[] {
  const columns = new EventColumns(NAMES)
  const records = RecordBatch.open(batch, NAMES)
  const events: HostEvent[] = []
  while (records.next(columns)) {
    const { category, product } = records.sourceOf(records.sourceId)
    const fields = Object.fromEntries(columns.entries().map(({ field, value }) => [field, value]))
    events.push({ category: category ?? '', product: product ?? '', timeMs: records.timeMs, fields })
  }
  return events
}

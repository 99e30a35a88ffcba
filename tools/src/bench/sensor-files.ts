import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSensor, type Sensor } from '@firebreak/linux/sensor'
import { type Figures, median, rounded } from './measure.ts'

/** What one file event may cost the sensor: read, named, joined with its process and written into a batch. */
const LIMIT = { overflows: 0, eventsPerSecondMin: 100_000 }

const FILES = 150_000
const FILES_QUICK = 50_000
/** Made, then removed, so often in one folder before the next round begins. */
const FILES_PER_ROUND = 5_000
const RUNS = 3

/** Makes and removes files as fast as one process can. */
const WRITER = `
const fs = require('node:fs')
const [folder, count, perRound] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])]
for (let done = 0; done < count; done += perRound) {
  for (let i = 0; i < perRound; i++) fs.closeSync(fs.openSync(folder + '/' + i, 'w'))
  for (let i = 0; i < perRound; i++) fs.unlinkSync(folder + '/' + i)
}`

/**
 * A storm of files on a file system of its own: each is made, written, closed and removed by one process at the top of
 * its speed; the kernel makes two events of it. How many of them become events, what was lost, and the CPU time of this
 * process, which is the sensor, for each. `null` when this user may not mount or watch.
 */
export async function sensorFiles({ quick }: { readonly quick: boolean }): Promise<Figures | null> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'firebreak-bench-')))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return null
  }
  try {
    const all: Storm[] = []
    for (let run = 0; run < (quick ? 1 : RUNS) + 1; run++) all.push(await storm(folder, quick ? FILES_QUICK : FILES))
    const measured = all.slice(1) // the first one warms up
    const of = (pick: (one: Storm) => number) => rounded(median(measured.map(pick)))
    const most = (pick: (one: Storm) => number) => Math.max(...measured.map(pick))
    return {
      limit: LIMIT,
      changes: 2 * (quick ? FILES_QUICK : FILES),
      eventsPerSecond: of((one) => one.perSecond),
      cpuMicrosPerEvent: of((one) => one.cpuMicros),
      missed: most((one) => one.missed),
      overflows: most((one) => one.overflows),
      shed: most((one) => one.shed),
      unnamed: most((one) => one.unnamed),
    }
  } finally {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  }
}

interface Storm {
  readonly perSecond: number
  readonly cpuMicros: number
  /** Neither an event nor said to be lost. */
  readonly missed: number
  readonly overflows: number
  readonly shed: number
  readonly unnamed: number
}

/** Beside the tier that does least by itself, so that what is measured is files. */
async function storm(folder: string, files: number): Promise<Storm> {
  let events = 0
  const sensor: Sensor = await openSensor({
    tier: 'proc-poll',
    files: { mountPoints: [folder] },
    now: Date.now,
    onBatch: ({ rank, count }) => {
      if (rank === 2) events += count
    },
  })
  const before = process.cpuUsage()
  const startedMs = performance.now()
  const writer = spawn(process.execPath, ['-e', WRITER, folder, `${files}`, `${FILES_PER_ROUND}`], { stdio: 'ignore' })
  await once(writer, 'exit')
  const seconds = (performance.now() - startedMs) / 1000
  await sensor.close()
  const { user, system } = process.cpuUsage(before)
  const { overflows = 0, shed = 0, unnamed = 0 } = sensor.stats().files ?? {}
  return {
    perSecond: events / seconds,
    cpuMicros: (user + system) / events,
    missed: Math.max(0, 2 * files - events - shed - unnamed),
    overflows,
    shed,
    unnamed,
  }
}

import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RecordBatchWriter } from '@firebreak/detect'
import type { SlotImage } from '@firebreak/updater'
import { EnginePair } from '../../../apps/agent/src/supervisor/engine-pair.ts'
import { benignEvents } from './events.ts'
import { cpuMsOfProcess, type Figures, median, progress, rounded } from './measure.ts'
import { linuxBaseline } from './packs.ts'

const RUNS = 9
/** A verdict has to come again this soon after any fault. */
const LIMIT_MS = 200
/** How an engine dies: by itself, or by the kernel. The signal is what the benchmark sends. */
const FAULTS = {
  abort: 'SIGUSR2',
  throw: 'SIGHUP',
  'segmentation fault': 'SIGSEGV',
  'out of memory': 'SIGKILL',
} as const
const BATCH_INTERVAL_MS = 2
const REST_MS = 150
const BATCH = benignEvents(8)
const entry = fileURLToPath(new URL('./faulty-engine.ts', import.meta.url))
const readFolders = [fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')]

/**
 * From a fault in the engine that judges events to the next verdict, with the agent's own engine pair and real confined
 * processes over the starter pack, while events keep coming. The peer is the same pair before its standby exists: it starts
 * an engine, after the delay that keeps it from starting engines as fast as they die.
 */
export async function failover(): Promise<Figures> {
  const { compiled } = await linuxBaseline()
  const image = { pack: compiled.manifest.name, version: compiled.manifest.version, imageDigest: compiled.digest }
  const faults: Figures[] = []
  for (const [fault, signal] of Object.entries(FAULTS)) {
    const warm: number[] = []
    for (let run = 0; run < RUNS; run++) warm.push(await once(image, compiled.image, signal, true))
    progress(`${fault}: ${warm.map(Math.round).join(', ')} ms`)
    faults.push({ fault, runs: RUNS, medianMs: rounded(median(warm)), maxMs: rounded(Math.max(...warm)) })
  }
  const cold: number[] = []
  for (let run = 0; run < RUNS; run++) cold.push(await once(image, compiled.image, FAULTS.abort, false))
  progress(`without a standby: ${cold.map(Math.round).join(', ')} ms`)
  return {
    unit: 'ms of wall time from the fault to the next verdict',
    limitMs: LIMIT_MS,
    withinLimit: faults.every(({ maxMs }) => Number(maxMs) <= LIMIT_MS),
    faults,
    peer: { name: 'abort, no standby', runs: RUNS, medianMs: rounded(median(cold)), maxMs: rounded(Math.max(...cold)) },
  }
}

function batchBytes(): Uint8Array {
  const writer = new RecordBatchWriter()
  for (const event of BATCH) writer.add(event)
  return writer.finish()
}

/** One pair, one fault. */
async function once(image: SlotImage, bytes: Uint8Array, signal: NodeJS.Signals, warm: boolean): Promise<number> {
  const dead = Promise.withResolvers<void>()
  const recovered = Promise.withResolvers<number>()
  let imagesRead = 0
  const pair = new EnginePair({
    entry,
    readFolders,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    // Without a standby: the second engine gets its image only after the first one is dead.
    readImage: async () => {
      imagesRead++
      if (!warm && imagesRead === 2) await dead.promise
      return bytes
    },
    onDetections: () => {},
    onRecovered: () => recovered.resolve(performance.now()),
    onCandidateActive: () => {},
    onCandidateRefused: () => {},
    onCandidateDied: () => {},
    onConfirmedDied: () => dead.resolve(),
    onTuningRefused: () => {},
    onDamaged: () => recovered.reject(new Error('the image was refused')),
  })
  const payload = batchBytes()
  const load = setInterval(() => pair.submit(payload, BATCH.length), BATCH_INTERVAL_MS)
  try {
    pair.runConfirmed(image)
    while (pair.counters.eventsJudged === 0) await setTimeout(BATCH_INTERVAL_MS)
    if (warm) await standbyAtRest(pair)
    const [active] = pair.pids
    if (active === undefined) throw new Error('no engine runs')
    const faultMs = performance.now()
    process.kill(active, signal)
    return (await recovered.promise) - faultMs
  } finally {
    clearInterval(load)
    await pair.stop()
  }
}

/** Two engines, and the younger has nothing left to do: it has loaded its image. */
async function standbyAtRest(pair: EnginePair): Promise<void> {
  for (let before = -1; ;) {
    await setTimeout(REST_MS)
    const [, standby] = pair.pids
    if (standby === undefined) continue
    const spentMs = cpuMsOfProcess(standby)
    if (spentMs === before) return
    before = spentMs
  }
}

import { fileURLToPath } from 'node:url'
import { type HostEvent, RecordBatchWriter } from '@firebreak/detect'
import { type CostEvidence, type CostMeasure, eventText } from '@firebreak/gate'
import { KernelError } from '@firebreak/kernel'
import { spawnConfined } from '@firebreak/linux/spawn'
import { encodeRequest, type EventRun, parseAnswer, type RawMeasure } from './protocol.ts'

const ENTRY = fileURLToPath(new URL('./main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
/** Twelve have limits of a ratio that the two lowest and the two highest of them do not move. */
const BLOCKS = 12
/** Ends what hangs: a hundred times what it takes. */
const TIMEOUT_MS = 120_000
const BATCH_EVENTS = 500

/**
 * What the same events cost with the candidate and with the running release, measured in one confined process.
 *
 * @param images - bytes that the verifier accepts; running null: nothing runs yet
 * @returns null when there are no events, or when the process ended or did not answer: then nothing is known
 */
export async function measureCost(
  images: { readonly candidate: Uint8Array; readonly running: Uint8Array | null },
  events: readonly HostEvent[],
): Promise<CostEvidence | null> {
  if (events.length === 0) return null
  const answer = await ask(encodeRequest({ ...images, blocks: BLOCKS, batches: batchesOf(events) }))
  try {
    const { events: timed, measures } = parseAnswer(answer)
    const [candidate, running] = measures.map((raw) => measureOf(raw, events, timed))
    const [candidateNs = [], runningNs = []] = measures.map(({ blocksNs }) => blocksNs)
    if (candidate === undefined || (images.running !== null && running === undefined)) return null
    const pairs = runningNs.map((ns, i) => ({ candidateNs: candidateNs[i] ?? 0, runningNs: ns }))
    return { events: events.length, candidate, running: running ?? null, pairs }
  } catch (error) {
    if (error instanceof KernelError) return null
    throw error
  }
}

function batchesOf(events: readonly HostEvent[]): readonly EventRun[] {
  const writer = new RecordBatchWriter()
  return Array.from({ length: Math.ceil(events.length / BATCH_EVENTS) }, (_, i) => {
    const run = events.slice(i * BATCH_EVENTS, (i + 1) * BATCH_EVENTS)
    for (const event of run) writer.add(event)
    return { events: run.length, batch: writer.finish() }
  })
}

function measureOf(raw: RawMeasure, events: readonly HostEvent[], timed: number): CostMeasure {
  const { fuel, fuelPeak, peakAt, memoryBytes, blocksNs } = raw
  const peak = events[peakAt]
  return {
    fuel,
    fuelPeak,
    peakEvent: peak ? eventText(peak) : '',
    memoryBytes,
    cpuNsPerEvent: Math.round(blocksNs.reduce((sum, ns) => sum + ns, 0) / timed),
  }
}

async function ask(request: readonly Uint8Array[]): Promise<Uint8Array> {
  const child = spawnConfined({
    profile: 'engine',
    entry: ENTRY,
    args: [],
    readFolders: [ROOT],
    writeFolders: [],
    connectPorts: [],
    nodeFlags: ['--expose-gc'],
    // Why it ended is nobody's business: without an answer nothing is known.
    stderr: 'ignore',
  })
  const timer = setTimeout(() => child.kill(), TIMEOUT_MS)
  child.input.on('error', () => {}) // its end is seen below
  const chunks: Uint8Array[] = []
  child.output.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  try {
    for (const part of request) child.input.write(part)
    child.input.end()
    await child.exited
  } finally {
    clearTimeout(timer)
    child.kill()
  }
  return Buffer.concat(chunks)
}

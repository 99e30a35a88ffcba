import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { verifyImage } from '@firebreak/content'
import { createEngine, type Engine, OPEN_CONTRACT, RecordBatchWriter } from '@firebreak/detect'
import type { EngineFootprint } from './engine-footprint.ts'
import { benignEvents } from './events.ts'
import { type BenchOptions, type Figures, median, progress, rounded } from './measure.ts'
import { type BenchPack, SHARED_DATA, sigmaHq } from './packs.ts'
import { syntheticPack } from './synthetic-pack.ts'

const WINDOWS_EVENTS = join(SHARED_DATA, 'events/windows-10k.jsonl.gz')
const FOOTPRINT = fileURLToPath(new URL('engine-footprint.ts', import.meta.url))
const RUNS = { quick: 9, full: 31 }
/** Every one is run in full before anything counts, so that the machine's compilers have done their work. */
const WARM_UP_RUNS = 4
const RECORDS = 20_000
const RECORDS_PER_BATCH = 100
const NEWLINE = 0x0a

/**
 * Bytes to detections on one core, with all SigmaHQ rules over real Windows events as JSON lines; beside `JSON.parse` alone over
 * the same lines, already strings, in turns. Wall time of a process that does nothing else; the least disturbed run of each
 * would flatter, so medians. Records are what the Linux sensor sends.
 */
export async function engine({ quick }: BenchOptions): Promise<Figures> {
  const pack = (await sigmaHq()) ?? syntheticPack()
  const lines = await eventLines()
  progress(`${pack.name}: ${pack.compiled.rules.length} rules; ${lines.events} events, ${lines.bytes.length} bytes`)
  const own = createEngine(verifyImage(pack.compiled.image), OPEN_CONTRACT)
  const texts = lines.ranges.map(([from, to]) => lines.bytes.toString('utf8', from, to))
  const runs = quick ? RUNS.quick : RUNS.full
  const ratios: number[] = []
  const ownMs: number[] = []
  for (let run = 1 - WARM_UP_RUNS; run <= runs; run++) {
    const parseMs = wallMs(() => parseAll(texts))
    const judgeMs = wallMs(() => judgeAll(own, lines))
    if (run < 1) continue
    ratios.push(judgeMs / parseMs)
    ownMs.push(judgeMs)
    progress(`run ${run} of ${runs}: ${rounded(judgeMs)} ms, JSON.parse ${rounded(parseMs)} ms`)
  }
  const records = recordBatches()
  const recordMs = Array.from({ length: WARM_UP_RUNS + runs }, () => wallMs(() => judgeBatches(own, records)))
  return {
    rules: pack.compiled.rules.length,
    events: lines.events,
    source: lines.source,
    ratioToJsonParse: rounded(median(ratios)),
    eventsPerSecond: rounded((lines.events / median(ownMs)) * 1000),
    recordEventsPerSecond: rounded((RECORDS / median(recordMs.slice(WARM_UP_RUNS))) * 1000),
    detections: detectionsOf(own, lines),
    ...candidatesPerEvent(pack, lines),
    worstEventMs: rounded(worstEventMs(own, lines)),
    ...(await footprint(pack, lines.bytes)),
  }
}

interface EventLines {
  readonly source: string
  readonly bytes: Buffer
  readonly ranges: readonly (readonly [from: number, to: number])[]
  readonly events: number
}

async function eventLines(): Promise<EventLines> {
  if (existsSync(WINDOWS_EVENTS)) return linesOf('windows-10k', gunzipSync(await readFile(WINDOWS_EVENTS)))
  progress('no Windows events beside this repository: made-up ones are measured')
  const made = benignEvents(RECORDS / 2).map(({ fields }, i) => {
    const padding = { Message: `An event was recorded.\r\n${'Information about it. '.repeat(40)}${i}` }
    return JSON.stringify({ Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1, ...fields, ...padding })
  })
  return linesOf('made-up', Buffer.from(`${made.join('\n')}\n`))
}

function linesOf(source: string, bytes: Buffer): EventLines {
  const ranges: (readonly [number, number])[] = []
  for (let from = 0, to = 0; from < bytes.length; from = to + 1) {
    to = bytes.indexOf(NEWLINE, from)
    if (to < 0) to = bytes.length
    if (to > from) ranges.push([from, to])
  }
  return { source, bytes, ranges, events: ranges.length }
}

function parseAll(texts: readonly string[]): void {
  for (const text of texts) JSON.parse(text)
}

function judgeAll(own: Engine, { bytes, ranges }: EventLines): void {
  for (const [from, to] of ranges) own.evaluateJson(bytes, from, to, null)
}

function detectionsOf(own: Engine, { bytes, ranges }: EventLines): number {
  return ranges.reduce((sum, [from, to]) => sum + own.evaluateJson(bytes, from, to, null).length, 0)
}

/** What a sensor's batches are, of a busy Linux host. */
function recordBatches(): readonly Uint8Array[] {
  const events = benignEvents(RECORDS)
  return Array.from({ length: RECORDS / RECORDS_PER_BATCH }, (_, batch) => {
    const writer = new RecordBatchWriter()
    for (const event of events.slice(batch * RECORDS_PER_BATCH, (batch + 1) * RECORDS_PER_BATCH)) writer.add(event)
    return writer.finish()
  })
}

function judgeBatches(own: Engine, batches: readonly Uint8Array[]): void {
  for (const bytes of batches) {
    const batch = own.openBatch(bytes)
    while (batch.next() !== null);
  }
}

/** Rules that were tried, for each event. */
function candidatesPerEvent({ compiled }: BenchPack, { bytes, ranges }: EventLines): Figures {
  const counting = createEngine(verifyImage(compiled.image), OPEN_CONTRACT)
  let before = 0
  const counts = ranges.map(([from, to]) => {
    counting.evaluateJson(bytes, from, to, null)
    const { candidates } = counting.counters()
    const own = candidates - before
    before = candidates
    return own
  })
  const sorted = counts.toSorted((a, b) => a - b)
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return { candidatesP50: quantile(0.5), candidatesP99: quantile(0.99), candidatesMax: quantile(1) }
}

/** Of each event the best of some tries, so that a pause of the machine is no event's cost; of those the worst. */
function worstEventMs(own: Engine, { bytes, ranges }: EventLines): number {
  const TRIES = 5
  const best = ranges.map(() => Infinity)
  for (let run = 0; run < TRIES; run++) {
    for (const [i, [from, to]] of ranges.entries()) {
      best[i] = Math.min(
        best[i] ?? Infinity,
        wallMs(() => own.evaluateJson(bytes, from, to, null)),
      )
    }
  }
  return best.reduce((worst, one) => Math.max(worst, one), 0)
}

/** Memory and start, in a process that has the image, the events and nothing of the compiler or the peer. */
async function footprint(pack: BenchPack, bytes: Uint8Array): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-bench-'))
  try {
    const [image, events] = [join(folder, 'image.fbi'), join(folder, 'events.jsonl')]
    await writeFile(image, pack.compiled.image)
    await writeFile(events, bytes)
    const child = spawnSync(process.execPath, [FOOTPRINT, image, events], { encoding: 'utf8' })
    if (child.status !== 0) throw new Error(`the engine's own process failed: ${child.stderr.slice(-500)}`)
    return { ...(JSON.parse(child.stdout) as EngineFootprint) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function wallMs(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

import { verifyImage } from '@firebreak/content'
import { createEngine, type Engine, type EventBatch, OPEN_CONTRACT } from '@firebreak/detect'
import type { CostAnswer, CostRequest, EventRun, RawMeasure } from './protocol.ts'

/** Events of a block, about: ten milliseconds and more, of which a tick of the machine is a small part. */
const BLOCK_EVENTS = 3_000
const WARM_UP_BLOCKS = 2

/** What measuring takes of the process. */
export interface Meter {
  /** User and system time of all threads, in nanoseconds. */
  cpuNs(): number
  /** Heap and buffers, after everything that can be collected was. */
  heldBytes(): number
  /** Takes away what the block before left behind. */
  sweep(): void
}

interface Subject {
  readonly engine: Engine
  readonly measured: Omit<RawMeasure, 'blocksNs'>
  readonly blocksNs: number[]
}

/**
 * Loads the images one after another, judges every event once to count what it sets off, and then measures block by block: each pair the next events,
 * round and round, and each the other image first. So what the machine does more and more of meanwhile strikes both alike. Both run the same compiled
 * code, which has seen both.
 */
export function measure({ candidate, running, batches, blocks }: CostRequest, meter: Meter): CostAnswer {
  // Loading and judging compile code and fill caches of the process: not the image's doing.
  for (const bytes of [candidate, running ?? candidate]) judge(load(bytes), batches)
  const subjects = [candidate, ...(running ? [running] : [])].map((bytes) => subjectOf(bytes, batches, meter))
  let events = 0
  let turn = 0
  for (let block = -WARM_UP_BLOCKS; block < blocks; block++) {
    const { chosen, size } = chooseBlock(batches, turn)
    turn += chosen.length
    if (block >= 0) events += size
    for (const { engine, blocksNs } of block % 2 === 0 ? subjects : subjects.toReversed()) {
      meter.sweep()
      const startedNs = meter.cpuNs()
      judge(engine, chosen)
      const takenNs = meter.cpuNs() - startedNs
      if (block >= 0) blocksNs.push(takenNs)
    }
  }
  return { events, measures: subjects.map(({ measured, blocksNs }) => ({ ...measured, blocksNs })) }
}

/** The batches from `turn` on, round and round, that have BLOCK_EVENTS events together. */
function chooseBlock(
  batches: readonly EventRun[],
  turn: number,
): { readonly chosen: readonly EventRun[]; readonly size: number } {
  const chosen: EventRun[] = []
  let size = 0
  for (let at = turn; size < BLOCK_EVENTS; at++) {
    const batch = batches[at % batches.length]
    if (batch === undefined) break
    chosen.push(batch)
    size += batch.events
  }
  return { chosen, size }
}

function load(bytes: Uint8Array): Engine {
  return createEngine(verifyImage(bytes), OPEN_CONTRACT)
}

function subjectOf(bytes: Uint8Array, batches: readonly EventRun[], meter: Meter): Subject {
  const before = meter.heldBytes()
  const engine = load(bytes)
  const { fuel, fuelPeak, peakAt } = countFuel(engine, batches)
  const memoryBytes = Math.max(0, meter.heldBytes() - before)
  return { engine, measured: { fuel, fuelPeak, peakAt, memoryBytes }, blocksNs: [] }
}

function judge(engine: Engine, batches: readonly EventRun[]): void {
  for (const { batch } of batches) {
    const open = engine.openBatch(batch)
    while (open.next() !== null);
  }
}

function countFuel(engine: Engine, batches: readonly EventRun[]): Pick<RawMeasure, 'fuel' | 'fuelPeak' | 'peakAt'> {
  let [fuelPeak, peakAt, at, fuel] = [0, 0, 0, spentBy(engine)]
  const first = fuel
  for (const { batch } of batches) {
    const open: EventBatch = engine.openBatch(batch)
    for (; open.next() !== null; at++) {
      const spent = spentBy(engine)
      if (spent - fuel > fuelPeak) [fuelPeak, peakAt] = [spent - fuel, at]
      fuel = spent
    }
  }
  return { fuel: fuel - first, fuelPeak, peakAt }
}

function spentBy(engine: Engine): number {
  const { nodeVisits, predicateEvaluations } = engine.counters()
  return nodeVisits + predicateEvaluations
}

import { integer, jsonBytes, list, object, parseJson, type Reader, utf8Decode } from '@firebreak/kernel'

/** What the measuring process is asked, as parts behind one another, each after its length (u32, little-endian). */
export interface CostRequest {
  readonly blocks: number
  readonly candidate: Uint8Array
  /** Null: nothing runs yet. */
  readonly running: Uint8Array | null
  /** What both judge. */
  readonly batches: readonly EventRun[]
}

/** A record batch, and how many events are in it: at least one. */
export interface EventRun {
  readonly events: number
  readonly batch: Uint8Array
}

/** What the measuring process says of one image. */
export interface RawMeasure {
  readonly fuel: number
  readonly fuelPeak: number
  /** Position of the event that set off most, over all batches. */
  readonly peakAt: number
  readonly memoryBytes: number
  /** CPU time of each block, in the order in which they were run. */
  readonly blocksNs: readonly number[]
}

export interface CostAnswer {
  /** Of all blocks of one image together. */
  readonly events: number
  /** The candidate's, then, if there is one, that of the running release. */
  readonly measures: readonly RawMeasure[]
}

export const BLOCKS_MAX = 64
const ANSWER_BYTES_MAX = 1024 * 1024
const LENGTH_BYTES = 4

export function encodeRequest({ blocks, candidate, running, batches }: CostRequest): readonly Uint8Array[] {
  const settings = jsonBytes({ blocks, events: batches.map(({ events }) => events) })
  const all = [settings, candidate, running ?? new Uint8Array(), ...batches.map(({ batch }) => batch)]
  return all.flatMap((part) => {
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32LE(part.length)
    return [length, part]
  })
}

/** Our own parent's words. */
export function decodeRequest(bytes: Buffer): CostRequest {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at)
    at += LENGTH_BYTES + length
    parts.push(new Uint8Array(bytes.subarray(at - length, at)))
  }
  const [settings = new Uint8Array(), candidate = new Uint8Array(), running = new Uint8Array(), ...batches] = parts
  const { blocks, events } = JSON.parse(utf8Decode(settings)) as { blocks: number; events: readonly number[] }
  const runs = batches.map((batch, i) => ({ events: events[i] ?? 1, batch }))
  return { blocks, candidate, running: running.length > 0 ? running : null, batches: runs }
}

const count = integer(0, Number.MAX_SAFE_INTEGER)
const answer: Reader<CostAnswer> = object<CostAnswer>({
  events: integer(1, Number.MAX_SAFE_INTEGER),
  measures: list(
    object<RawMeasure>({
      fuel: count,
      fuelPeak: count,
      peakAt: count,
      memoryBytes: count,
      blocksNs: list(count, BLOCKS_MAX),
    }),
    2,
  ),
})

/** @throws KernelError kernel/malformed: an engine had a hand in it */
export function parseAnswer(bytes: Uint8Array): CostAnswer {
  return answer(parseJson(bytes, ANSWER_BYTES_MAX, 'cost'), 'cost')
}

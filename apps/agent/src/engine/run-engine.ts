import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { type VerifiedImage, verifyImage, verifyTuning } from '@firebreak/content'
import {
  createEngine,
  DetectError,
  type Detection,
  type Engine,
  ENGINE_CONTRACT,
  ENGINE_VERSION,
  type EngineContract,
  type EngineCounters,
  type EventBatch,
  fieldsOnRequest,
} from '@firebreak/detect'
import { type InputKind, suppliesOf } from '@firebreak/inputs/formats'
import { jsonBytes, errorCode, errorMessage, FirebreakError, utf8Encode } from '@firebreak/kernel'
import { detectionReport } from './detection-report.ts'

/** A seam for the drill's faults. The engine of `firebreak agent` passes none. */
export interface EngineHooks {
  onActivate?(engine: Engine): void
}

/** Bytes of detections in one acknowledgement. */
export const ACK_PAYLOAD_BYTES_MAX = 1024 * 1024
/** What a frame can count. */
const ACK_DETECTIONS_MAX = 2 ** 16 - 1

/**
 * The engine process: takes frames, answers frames, and has nothing else. Runs after the sandbox is closed. It owns no
 * state worth saving: the supervisor kills it whenever it likes. A bug or a hostile image ends the process, by design.
 *
 * @param inputs - of this host: they supply more than its sensor does, and images may need that
 */
export function runEngine(
  input: Readable,
  output: Writable,
  hooks: EngineHooks = {},
  inputs: readonly InputKind[] = [],
): void {
  const contract: EngineContract = { ...ENGINE_CONTRACT, inputs: suppliesOf(inputs) }
  const decoder = new FrameDecoder()
  let loaded: Engine | null = null
  let active: Engine | null = null
  let tuning: Uint8Array | null = null

  const onFrame = (frame: Frame): void => {
    if (frame.type === FRAME.TUNING) {
      tuning = frame.payload
    } else if (frame.type === FRAME.LOAD) {
      const answer = load(frame.payload, tuning, contract)
      loaded = answer.engine
      output.write(answer.frame)
    } else if (frame.type === FRAME.ACTIVATE) {
      active = loaded
      if (active) hooks.onActivate?.(active)
    } else if (frame.type === FRAME.EVENTS) {
      output.write(judge(active, frame))
    } else {
      throw new Error(`unexpected frame ${frame.type}`)
    }
  }
  input.on('data', (chunk: Uint8Array) => {
    for (const frame of decoder.push(chunk)) onFrame(frame)
  })
  input.on('end', () => process.exit(0))
  // The supervisor hears of the end at once, and not only when Node has told its story and put everything away.
  process.once('uncaughtExceptionMonitor', () => output.destroy())
}

/** Verifier, then contract: an image is refused here, before it can judge anything. */
function load(
  bytes: Uint8Array,
  tuning: Uint8Array | null,
  contract: EngineContract,
): { engine: Engine | null; frame: Uint8Array } {
  try {
    const image: VerifiedImage = verifyImage(bytes)
    const { engine, tuningRefusal, wants } = createTuned(image, tuning, contract)
    const about = {
      engineVersion: ENGINE_VERSION,
      pack: image.pack,
      version: image.version,
      rules: image.ruleCount,
      tuningRefusal,
      wants,
    }
    return { engine, frame: encodeFrame({ type: FRAME.READY, payload: jsonBytes(about) }) }
  } catch (error) {
    const reason = { code: errorCode(error), message: errorMessage(error) }
    return { engine: null, frame: encodeFrame({ type: FRAME.REFUSED, payload: jsonBytes(reason) }) }
  }
}

interface Refusal {
  readonly code: string
  readonly message: string
}

/** A tuning that does not fit is not the image's fault: the image then runs without it, and the answer says so. */
function createTuned(
  image: VerifiedImage,
  tuning: Uint8Array | null,
  contract: EngineContract,
): { readonly engine: Engine; readonly tuningRefusal: Refusal | null; readonly wants: readonly string[] } {
  const wants = fieldsOnRequest(image.tables)
  if (tuning === null) return { engine: createEngine(image, contract), tuningRefusal: null, wants }
  try {
    const verified = verifyTuning(tuning)
    const engine = createEngine(image, contract, verified)
    return { engine, tuningRefusal: null, wants: [...new Set([...wants, ...fieldsOnRequest(verified.tables)])] }
  } catch (error) {
    if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
    const tuningRefusal = { code: errorCode(error), message: errorMessage(error) }
    return { engine: createEngine(image, contract), tuningRefusal, wants }
  }
}

/** What is said of one batch. An event whose detections don't all fit shows: fewer were evaluated than came. */
class Answer {
  readonly #lines: Uint8Array[] = []
  #bytes = 0
  #judged = 0

  event(detections: readonly Detection[]): void {
    if (this.#add(detections)) this.#judged++
  }

  /** Of no single event. */
  correlations(detections: readonly Detection[]): void {
    this.#add(detections)
  }

  /** @param work - what the batch took, for whoever tries rules out */
  frame(sequence: number, work: Uint8Array | null): Uint8Array {
    const payload = Buffer.concat(work === null ? this.#lines : [...this.#lines, work])
    return encodeFrame({ type: FRAME.ACK, sequence, count: this.#lines.length, aux: this.#judged, payload })
  }

  /** @returns whether all of them fit */
  #add(detections: readonly Detection[]): boolean {
    for (const detection of detections) {
      const line = utf8Encode(`${JSON.stringify(detectionReport(detection))}\n`)
      const fits = this.#bytes + line.length <= ACK_PAYLOAD_BYTES_MAX && this.#lines.length < ACK_DETECTIONS_MAX
      if (!fits) return false
      this.#lines.push(line)
      this.#bytes += line.length
    }
    return true
  }
}

function judge(engine: Engine | null, frame: Frame): Uint8Array {
  const answer = new Answer()
  // A running agent's sign of life has no time either, and no events.
  if (engine && frame.aux === 0 && frame.count > 0) {
    const before = engine.counters()
    judgeBatch(engine, frame, answer)
    return answer.frame(frame.sequence, workLine(before, engine.counters()))
  }
  if (engine) {
    judgeBatch(engine, frame, answer)
    // Behind the events: they happened before their batch came.
    answer.correlations(engine.advance(frame.aux * 1000))
  }
  return answer.frame(frame.sequence, null)
}

function workLine(before: EngineCounters, after: EngineCounters): Uint8Array {
  const nodeVisits = after.nodeVisits - before.nodeVisits
  const predicateEvaluations = after.predicateEvaluations - before.predicateEvaluations
  return utf8Encode(`${JSON.stringify({ nodeVisits, predicateEvaluations })}\n`)
}

/** A malformed batch is the sensor's doing, not the content's: what is wrong gets no verdict, and the engine lives on. */
function judgeBatch(engine: Engine, { payload, count, aux }: Frame, answer: Answer): void {
  if (count === 0) return
  try {
    // Without a time nobody is told: the rules are being tried out.
    const batch: EventBatch = engine.openBatch(payload, aux === 0 ? 'every-match' : 'detections')
    // More than the supervisor was told of would be more than it asked.
    if (batch.count !== count) return
    for (let found = batch.next(); found !== null; found = batch.next()) answer.event(found)
  } catch (error) {
    if (!(error instanceof DetectError) || !error.code.startsWith('detect/record-')) throw error
  }
}

import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { type VerifiedImage, verifyImage } from '@firebreak/content'
import {
  createEngine,
  DetectError,
  type Detection,
  type Engine,
  ENGINE_CONTRACT,
  ENGINE_VERSION,
  type HostEvent,
  parseEvents,
} from '@firebreak/detect'
import { jsonBytes, errorCode, errorMessage, utf8Encode } from '@firebreak/kernel'

/** A seam for the drill's faults. The engine of `firebreak agent` passes none. */
export interface EngineHooks {
  onActivate?(engine: Engine): void
}

/** Bytes of detections in one acknowledgement. */
export const ACK_PAYLOAD_BYTES_MAX = 1024 * 1024

/**
 * The engine process: takes frames, answers frames, and has nothing else. Runs after the sandbox is closed. It owns no
 * state worth saving: the supervisor kills it whenever it likes. A bug or a hostile image ends the process, by design.
 */
export function runEngine(input: Readable, output: Writable, hooks: EngineHooks = {}): void {
  const decoder = new FrameDecoder()
  let loaded: Engine | null = null
  let active: Engine | null = null

  const onFrame = (frame: Frame): void => {
    if (frame.type === FRAME.LOAD) {
      const answer = load(frame.payload)
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
}

/** Verifier, then contract: an image is refused here, before it can judge anything. */
function load(bytes: Uint8Array): { engine: Engine | null; frame: Uint8Array } {
  try {
    const image: VerifiedImage = verifyImage(bytes)
    const engine = createEngine(image, ENGINE_CONTRACT)
    const about = {
      engineVersion: ENGINE_VERSION,
      pack: image.pack,
      version: image.version,
      rules: image.ruleCount,
    }
    return { engine, frame: encodeFrame({ type: FRAME.READY, payload: jsonBytes(about) }) }
  } catch (error) {
    const reason = { code: errorCode(error), message: errorMessage(error) }
    return { engine: null, frame: encodeFrame({ type: FRAME.REFUSED, payload: jsonBytes(reason) }) }
  }
}

/** Judges until the answer is full. Events without a verdict show in the answer: fewer were evaluated than came. */
function judge(engine: Engine | null, frame: Frame): Uint8Array {
  const lines: Uint8Array[] = []
  let bytes = 0
  let judged = 0
  for (const event of engine ? readEvents(frame) : []) {
    const found = linesOf(engine?.evaluate(event) ?? [])
    const size = found.reduce((sum, line) => sum + line.length, 0)
    if (bytes + size > ACK_PAYLOAD_BYTES_MAX) break
    lines.push(...found)
    bytes += size
    judged++
  }
  return encodeFrame({
    type: FRAME.ACK,
    sequence: frame.sequence,
    count: lines.length,
    aux: judged,
    payload: Buffer.concat(lines),
  })
}

/** Malformed events are the sensor's doing, not the content's: they get no verdict, and the engine lives on. */
function readEvents(frame: Frame): readonly HostEvent[] {
  try {
    return frame.count === 0 ? [] : parseEvents(frame.payload)
  } catch (error) {
    if (!(error instanceof DetectError)) throw error
    return []
  }
}

function linesOf(detections: readonly Detection[]): readonly Uint8Array[] {
  return detections.map((detection) => utf8Encode(`${JSON.stringify(detection)}\n`))
}

import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { type VerifiedImage, verifyImage } from '@firebreak/content'
import {
  createEngine,
  type Detection,
  type Engine,
  ENGINE_CONTRACT,
  ENGINE_VERSION,
  parseEvents,
} from '@firebreak/detect'
import { jsonBytes, errorCode, errorMessage, utf8Encode } from '@firebreak/kernel'

/** A seam for the drill's faults. The engine of `firebreak agent` passes none. */
export interface EngineHooks {
  onActivate?(engine: Engine): void
}

/** Bytes of detections in one acknowledgement; what is over it is cut off, and counted by the difference. */
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

function judge(engine: Engine | null, frame: Frame): Uint8Array {
  const detections: Detection[] = []
  const events = frame.count === 0 ? [] : parseEvents(frame.payload)
  if (engine) for (const event of events) detections.push(...engine.evaluate(event))
  const lines: Uint8Array[] = []
  let bytes = 0
  for (const detection of detections) {
    const line = utf8Encode(`${JSON.stringify(detection)}\n`)
    if (bytes + line.length > ACK_PAYLOAD_BYTES_MAX) break
    lines.push(line)
    bytes += line.length
  }
  return encodeFrame({
    type: FRAME.ACK,
    sequence: frame.sequence,
    count: lines.length,
    aux: engine ? events.length : 0,
    payload: Buffer.concat(lines),
  })
}

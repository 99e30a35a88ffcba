import { FirebreakError } from '@firebreak/kernel'

/**
 * Frames between the processes of a host, over plain pipes: a 16-byte little-endian header {payload length u32,
 * type u8, 0 u8, count u16, sequence u32, aux u32}, then the payload. The supervisor acts on headers alone; it
 * never parses a payload that comes from content or events.
 */
export interface Frame {
  readonly type: FrameType
  /** Events in the batch, or detections in the acknowledgement. */
  readonly count: number
  /** Batch sequence. An acknowledgement repeats the sequence of its batch. */
  readonly sequence: number
  /** Meaning depends on the type; 0 where nothing is said. */
  readonly aux: number
  readonly payload: Uint8Array
}

export const FRAME_HEADER_BYTES = 16
export const FRAME_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024

/** Closed set. Below 16: towards the engine. 16 to 31: from the engine. 32 to 47: from the sensor. 48 up: fetcher. */
export const FRAME = {
  /** Payload: image bytes. Answered by READY or REFUSED. */
  LOAD: 1,
  /** The image that was loaded now judges events. No answer. */
  ACTIVATE: 2,
  /** Payload: JSON list of events; count: events. Answered by ACK with the same sequence. */
  EVENTS: 3,
  /** Payload: JSON {engineVersion, pack, version, rules}. */
  READY: 16,
  /** Payload: JSON {code, message}. */
  REFUSED: 17,
  /** Payload: JSON lines, one detection a line; count: detections; aux: events that were evaluated. */
  ACK: 18,
  /** Payload: JSON SensorInfo. First frame of a sensor. */
  SENSOR_READY: 32,
  /** Payload: JSON list of events; count: events; aux: events dropped since the sensor started, wrapping at 2^32. */
  SENSED: 33,
  /** Payload: JSON message between supervisor and fetcher; see the agent's messages. */
  MESSAGE: 48,
  /** Payload: lines `SEQUENCE DETECTION`, for the fetcher to upload; count: lines. */
  SPOOL: 49,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]
const FRAME_TYPES = new Set<number>(Object.values(FRAME))

export type FrameErrorCode = 'frame/too-large' | 'frame/unknown-type'
export class FrameError extends FirebreakError<FrameErrorCode> {}

export function encodeFrame(frame: Partial<Frame> & Pick<Frame, 'type'>): Uint8Array {
  const payload = frame.payload ?? new Uint8Array(0)
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, payload.length, true)
  view.setUint8(4, frame.type)
  view.setUint16(6, frame.count ?? 0, true)
  view.setUint32(8, frame.sequence ?? 0, true)
  view.setUint32(12, frame.aux ?? 0, true)
  bytes.set(payload, FRAME_HEADER_BYTES)
  return bytes
}

/** Cuts a byte stream, which may be hostile, into frames. `push` takes what arrived and returns the whole frames. */
export class FrameDecoder {
  readonly #payloadBytesMax: number
  #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(payloadBytesMax: number = FRAME_PAYLOAD_BYTES_MAX) {
    this.#payloadBytesMax = payloadBytesMax
  }

  /** @throws FrameError frame/too-large | frame/unknown-type: the stream is then useless and its process is killed */
  push(chunk: Uint8Array): readonly Frame[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const frames: Frame[] = []
    while (this.#bytes >= FRAME_HEADER_BYTES) {
      const header = this.#header()
      if (this.#bytes < FRAME_HEADER_BYTES + header.length) break
      const whole = this.#take(FRAME_HEADER_BYTES + header.length)
      frames.push({ ...header.frame, payload: whole.subarray(FRAME_HEADER_BYTES) })
    }
    return frames
  }

  #header(): { length: number; frame: Omit<Frame, 'payload'> } {
    this.#gather(FRAME_HEADER_BYTES)
    const head = this.#chunks[0] as Uint8Array
    const view = new DataView(head.buffer, head.byteOffset, FRAME_HEADER_BYTES)
    const length = view.getUint32(0, true)
    const type = view.getUint8(4)
    if (length > this.#payloadBytesMax) {
      throw new FrameError('frame/too-large', `Cannot read frame: ${length} bytes of payload`, { length })
    }
    if (!FRAME_TYPES.has(type)) throw new FrameError('frame/unknown-type', `Cannot read frame: type ${type}`, { type })
    const frame = {
      type: type as FrameType,
      count: view.getUint16(6, true),
      sequence: view.getUint32(8, true),
      aux: view.getUint32(12, true),
    }
    return { length, frame }
  }

  /** Makes the first chunk at least `bytes` long; called only when that many are there. */
  #gather(bytes: number): void {
    const first = this.#chunks[0] as Uint8Array
    if (first.length >= bytes) return
    const all = new Uint8Array(this.#bytes)
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = [all]
  }

  #take(bytes: number): Uint8Array {
    this.#gather(bytes)
    const first = this.#chunks[0] as Uint8Array
    const taken = first.subarray(0, bytes)
    if (first.length === bytes) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(bytes)
    this.#bytes -= bytes
    return taken
  }
}

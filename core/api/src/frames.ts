import { assert, FirebreakError } from '@firebreak/kernel'

/**
 * Frames between the processes of a host, over plain pipes: a 16-byte little-endian header {payload length u32,
 * type u8, rank u8, count u16, sequence u32, aux u32}, then the payload. The supervisor acts on headers alone; it
 * never parses a payload that comes from content or events.
 */
export interface Frame {
  readonly type: FrameType
  /** Events in the batch, or detections in the acknowledgement. */
  readonly count: number
  /** What a batch of events is worth, see RANK; 0 elsewhere. */
  readonly rank: number
  /** Batch sequence. An acknowledgement repeats the sequence of its batch. */
  readonly sequence: number
  /** Meaning depends on the type; 0 where nothing is said. */
  readonly aux: number
  readonly payload: Uint8Array
}

/** The value of events: who can't keep all drops the highest rank first. */
export const RANK = {
  /** Process starts. */
  process: 0,
  /** Network, DNS, access to other processes; events from other programs. */
  activity: 1,
  /** Files: the most, and each worth the least. */
  file: 2,
} as const

export const FRAME_HEADER_BYTES = 16
export const FRAME_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024

/**
 * Closed set. Below 16: towards the engine. 16 to 31: from the engine. 32 to 39: from the sensor. 40 to 47: to the sensor.
 * 48 to 55: fetcher. 56 to 63: exec gate. 64 up: inputs.
 */
export const FRAME = {
  /** Payload: image bytes. Answered by READY or REFUSED. */
  LOAD: 1,
  /** The image that was loaded now judges events. No answer. */
  ACTIVATE: 2,
  /**
   * Payload: a record batch; count: events; aux: when the supervisor got it, in seconds since 1970, 0 when rules
   * are tried out: then those that only serve correlations answer too. Answered by ACK with the same sequence. Without events it asks for a sign of life.
   */
  EVENTS: 3,
  /** To the YARA lane. Payload: JSON {sources: [{name, text}], limits}. Answered by YARA_READY. */
  YARA_RULES: 4,
  /** To the YARA lane. Payload: the bytes of one file. Answered by YARA_VERDICT with the same sequence. */
  YARA_FILE: 5,
  /** Payload: the customer's tuning, for the LOAD behind it. No answer. */
  TUNING: 6,
  /** Payload: JSON {engineVersion, pack, version, rules, tuningRefusal: {code, message} or null, wants: fields on request}. */
  READY: 16,
  /** Payload: JSON {code, message}. */
  REFUSED: 17,
  /**
   * Payload: JSON lines, one DetectionReport a line; count: detections; aux: events that were evaluated. When rules are tried out, one
   * more line behind them that `count` leaves out: {nodeVisits, predicateEvaluations}, what the batch took.
   */
  ACK: 18,
  /** Payload: JSON {files, problems}. */
  YARA_READY: 19,
  /** Payload: JSON {outcome, matches, dropped}. */
  YARA_VERDICT: 20,
  /** Payload: JSON SensorInfo. First frame of a sensor. */
  SENSOR_READY: 32,
  /** From a sensor or an input. Payload: a record batch; count: events; rank: what they are worth. */
  SENSED: 33,
  /** Payload: JSON {dropped: {kernel, queue}}, each a list of events lost since the sensor started, by rank. When that changed. */
  SENSOR_STATUS: 34,
  /** From a sensor that could trace and may not make a trace instance itself. No payload; once. Answered by TRACE_INSTANCE. */
  TRACE_WANTED: 35,
  /** To the sensor. Payload: JSON {fields}: those that the running image reads and that cost too much to fill in unasked. */
  SENSOR_WANTS: 40,
  /** From the exec gate, through the supervisor unread, to the sensor. Payload: arguments read while callers were held. */
  EXEC_ARGUMENTS: 41,
  /** To the sensor. Payload: JSON {folder, reason}: one of them is null. */
  TRACE_INSTANCE: 42,
  /** Payload: JSON message between supervisor and fetcher; see the agent's messages. */
  MESSAGE: 48,
  /** Payload: lines `SEQUENCE DETECTION`, for the fetcher to upload; count: lines. */
  SPOOL: 49,
  /** To the fetcher. Payload: JSON, the files of the customer's policy; see the agent's messages. At its start, and when they changed. */
  POLICY: 50,
  /** A sign of life of the exec gate. Payload: JSON of its counters; aux: milliseconds that the oldest caller has waited. */
  GATE_ALIVE: 56,
  /** Payload: JSON {pid, path, sha256} of a program that was not let start. */
  GATE_DENIED: 57,
  /** To an input, first of all. Payload: the newest position that it ever sent, empty without one. */
  INPUT_RESUME: 64,
  /** To an input. Everything up to this sequence was judged or dropped. */
  INPUT_TAKEN: 65,
  /** From an input, behind the batches that it is about. Payload: where it goes on after `sequence`, opaque; at most 512 bytes. */
  INPUT_POSITION: 66,
  /** From an input. Payload: JSON of its counters. When they changed. */
  INPUT_STATUS: 67,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]
const FRAME_TYPES = new Set<number>(Object.values(FRAME))

export type FrameErrorCode = 'frame/too-large' | 'frame/unknown-type'
export class FrameError extends FirebreakError<FrameErrorCode> {}

const BYTE_MAX = 2 ** 8 - 1
const COUNT_MAX = 2 ** 16 - 1
const WORD_MAX = 2 ** 32 - 1

/** A number that does not fit its place in the header is a bug of the caller, not a smaller number. */
export function encodeFrame(frame: Partial<Frame> & Pick<Frame, 'type'>): Uint8Array {
  const { payload = new Uint8Array(0), rank = 0, count = 0, sequence = 0, aux = 0 } = frame
  assert(payload.length <= FRAME_PAYLOAD_BYTES_MAX, `a frame with ${payload.length} bytes of payload`)
  assert(isWithin(rank, BYTE_MAX) && isWithin(count, COUNT_MAX), 'a frame out of range')
  assert(isWithin(sequence, WORD_MAX) && isWithin(aux, WORD_MAX), 'a frame out of range')
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, payload.length, true)
  view.setUint8(4, frame.type)
  view.setUint8(5, rank)
  view.setUint16(6, count, true)
  view.setUint32(8, sequence, true)
  view.setUint32(12, aux, true)
  bytes.set(payload, FRAME_HEADER_BYTES)
  return bytes
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

interface Header {
  readonly length: number
  readonly frame: Omit<Frame, 'payload'>
}

/**
 * Cuts a byte stream, which may be hostile, into frames. `push` takes what arrived and returns the whole frames. Each byte is copied
 * once, whatever the chunks; a payload never shares memory with a chunk or with another payload.
 */
export class FrameDecoder {
  readonly #payloadBytesMax: number
  readonly #head = new Uint8Array(FRAME_HEADER_BYTES)
  /** Null while the header is not whole; then `#payload` is as long as it says. */
  #header: Header | null = null
  #payload = new Uint8Array(0)
  /** Bytes that have arrived of the part that is being read: header or payload. */
  #filled = 0

  constructor(payloadBytesMax: number = FRAME_PAYLOAD_BYTES_MAX) {
    this.#payloadBytesMax = payloadBytesMax
  }

  /** @throws FrameError frame/too-large | frame/unknown-type: the stream is then useless and its process is killed */
  push(chunk: Uint8Array): readonly Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (at < chunk.length) {
      const part = this.#header ? this.#payload : this.#head
      const taken = chunk.subarray(at, at + part.length - this.#filled)
      part.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
      if (this.#filled < part.length) break
      const frame = this.#finishPart()
      if (frame) frames.push(frame)
    }
    return frames
  }

  /** A header is whole, or a payload. A frame without payload is whole with its header. */
  #finishPart(): Frame | null {
    this.#filled = 0
    if (!this.#header) {
      const header = readHeader(this.#head, this.#payloadBytesMax)
      this.#payload = new Uint8Array(header.length)
      this.#header = header
      if (header.length > 0) return null
    }
    const whole: Frame = { ...this.#header.frame, payload: this.#payload }
    this.#header = null
    return whole
  }
}

function readHeader(head: Uint8Array, payloadBytesMax: number): Header {
  const view = new DataView(head.buffer, head.byteOffset, FRAME_HEADER_BYTES)
  const length = view.getUint32(0, true)
  const type = view.getUint8(4)
  if (length > payloadBytesMax) {
    throw new FrameError('frame/too-large', `Cannot read frame: ${length} bytes of payload`, { length })
  }
  if (!isFrameType(type)) throw new FrameError('frame/unknown-type', `Cannot read frame: type ${type}`, { type })
  const frame = {
    type,
    rank: view.getUint8(5),
    count: view.getUint16(6, true),
    sequence: view.getUint32(8, true),
    aux: view.getUint32(12, true),
  }
  return { length, frame }
}

function isFrameType(type: number): type is FrameType {
  return FRAME_TYPES.has(type)
}

import { readdir, readFile } from 'node:fs/promises'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { errorMessage, parseJson, record, type Sha256Hex, type Version, version } from '@firebreak/kernel'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'
import type { SlotImage } from '@firebreak/updater'

/** An engine's answer may be this long; a longer one is hostile and ends its process. */
export const ENGINE_REPLY_BYTES_MAX = 2 * 1024 * 1024
/** How long an engine may take to load an image. Wall time: a candidate that hangs here has judged nothing yet. */
export const LOAD_TIMEOUT_MS = 10_000
const REASON_CHARS_MAX = 512

/** Why an engine did not take something, in its own words. */
export interface Reason {
  readonly code: string
  readonly message: string
}

/** The customer's tuning, opaque here. */
export interface Tuning {
  readonly digest: Sha256Hex
  readonly bytes: Uint8Array
}

/** What an engine process is started for. */
export interface SeatContent {
  readonly image: SlotImage
  readonly bytes: Uint8Array
  readonly tuning: Tuning | null
}

export type LoadAnswer =
  | { readonly kind: 'ready'; readonly engineVersion: Version; readonly tuningRefusal: Reason | null }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'died'; readonly code: string; readonly message: string }

export interface SeatEvents {
  acknowledged(seat: EngineSeat, frame: Frame): void
  /** Once, whatever ended it. Not after `retire`. */
  died(seat: EngineSeat, code: string, message: string): void
  /** Once, after `died` or `retire`: the process is no more. */
  gone?(seat: EngineSeat): void
}

/** Events for an engine; see FRAME.EVENTS. */
export interface SeatBatch {
  readonly sequence: number
  readonly count: number
  readonly atSeconds: number
  readonly payload: Uint8Array
}

/** One engine process with one image. It is started for that image and ended with it; nothing is ever reloaded in place. */
export class EngineSeat {
  readonly image: SlotImage
  /** Null without one. */
  readonly tuningDigest: Sha256Hex | null
  readonly #process: ConfinedProcess
  readonly #events: SeatEvents
  readonly #decoder = new FrameDecoder(ENGINE_REPLY_BYTES_MAX)
  readonly loaded: Promise<LoadAnswer>
  /** Settles, and never rejects, when the process is no more. */
  readonly exited: Promise<unknown>
  #answerLoad: (answer: LoadAnswer) => void = () => {}
  #answered = false
  #gone = false
  /** Set when a person or the watchdog kills it, so that its death says why. */
  #reason: { code: string; message: string } | null = null

  constructor(
    { image, bytes, tuning }: SeatContent,
    entry: string,
    readFolders: readonly string[],
    events: SeatEvents,
  ) {
    this.image = image
    this.tuningDigest = tuning?.digest ?? null
    this.#events = events
    this.loaded = new Promise((resolve) => {
      this.#answerLoad = resolve
    })
    this.#process = spawnConfined({
      profile: 'engine',
      entry,
      args: [],
      readFolders,
      writeFolders: [],
      connectPorts: [],
    })
    this.exited = this.#process.exited.catch(() => null).then(() => events.gone?.(this))
    this.#process.output.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    // The pipe ends before the exit is known: act on the pipe.
    this.#process.output.on('close', () => this.#onGone('engine/died', 'the engine process ended'))
    this.#process.output.on('error', () => this.#onGone('engine/died', 'the pipe from the engine broke'))
    this.#process.input.on('error', () => {}) // its death is seen on the other pipe
    if (tuning) this.#write(encodeFrame({ type: FRAME.TUNING, payload: tuning.bytes }))
    this.#write(encodeFrame({ type: FRAME.LOAD, payload: bytes }))
    const timer = setTimeout(() => {
      this.kill('engine/load-timeout', `no answer to LOAD within ${LOAD_TIMEOUT_MS / 1000} s`)
    }, LOAD_TIMEOUT_MS)
    void this.loaded.then(() => clearTimeout(timer))
  }

  get pid(): number {
    return this.#process.pid
  }

  activate(): void {
    this.#write(encodeFrame({ type: FRAME.ACTIVATE }))
  }

  judge({ sequence, count, atSeconds, payload }: SeatBatch): void {
    this.#write(encodeFrame({ type: FRAME.EVENTS, sequence, count, aux: atSeconds, payload }))
  }

  /** Ends it as a failure: `died` follows. */
  kill(code: string, message: string): void {
    this.#reason ??= { code, message }
    this.#process.kill()
    this.#onGone(code, message)
  }

  /** Ends it on purpose: no event follows. */
  retire(): void {
    this.#gone = true
    this.#answerLoad({ kind: 'died', code: 'engine/retired', message: 'no longer wanted' })
    this.#process.kill()
  }

  /** CPU time that all its threads have used, in milliseconds; null when the process is gone. */
  async cpuMs(): Promise<number | null> {
    try {
      let total = 0
      for (const thread of await readdir(`/proc/${this.pid}/task`)) {
        const text = await readFile(`/proc/${this.pid}/task/${thread}/schedstat`, 'latin1')
        total += Number(text.split(' ', 1)[0])
      }
      return total / 1e6
    } catch {
      return null
    }
  }

  #write(frame: Uint8Array): void {
    if (!this.#gone && this.#process.input.writable) this.#process.input.write(frame)
  }

  #onData(chunk: Uint8Array): void {
    if (this.#gone) return
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (this.#gone) return // killed for one of the frames before
        this.#onFrame(frame)
      }
    } catch (error) {
      this.kill('engine/bad-reply', errorMessage(error).slice(0, REASON_CHARS_MAX))
    }
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.ACK) {
      this.#events.acknowledged(this, frame)
      return
    }
    if (this.#answered) throw new Error('a second answer to LOAD')
    this.#answered = true
    if (frame.type === FRAME.READY) this.#answerLoad({ kind: 'ready', ...readReady(frame.payload) })
    else if (frame.type === FRAME.REFUSED) this.#answerLoad({ kind: 'refused', ...readReason(frame.payload) })
    else throw new Error('a frame that engines do not send')
  }

  #onGone(code: string, message: string): void {
    if (this.#gone) return
    this.#gone = true
    const reason = this.#reason ?? { code, message }
    this.#answerLoad({ kind: 'died', ...reason })
    this.#process.kill()
    this.#events.died(this, reason.code, reason.message)
  }
}

/** The engine's reason, as text only: cut to length, never interpreted. */
function readReason(payload: Uint8Array): Reason {
  return reasonOf(parseJson(payload, 65_536, 'refusal'))
}

function reasonOf(value: unknown): Reason {
  const { code, message } = record(value, 'refusal')
  return { code: String(code).slice(0, 64), message: String(message).slice(0, REASON_CHARS_MAX) }
}

function readReady(payload: Uint8Array): { engineVersion: Version; tuningRefusal: Reason | null } {
  const { engineVersion, tuningRefusal = null } = record(parseJson(payload, 65_536, 'ready'), 'ready')
  return {
    engineVersion: version(engineVersion, 'ready.engineVersion'),
    tuningRefusal: tuningRefusal === null ? null : reasonOf(tuningRefusal),
  }
}

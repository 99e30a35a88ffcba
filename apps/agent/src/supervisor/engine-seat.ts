import process from 'node:process'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { errorMessage, type Sha256Hex } from '@firebreak/kernel'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'
import type { SlotImage } from '@firebreak/updater'
import { parseReady, parseRefused, type Ready, type Reason } from './engine-replies.ts'
import { passOnWords } from './last-words.ts'
import { type ProcessStat, ProcessUsageFile } from './process-usage.ts'
import type { WatchedSeat } from './watchdog.ts'

/** An engine's answer may be this long; a longer one is hostile and ends its process. */
export const ENGINE_REPLY_BYTES_MAX = 2 * 1024 * 1024
/** How long an engine may take to load an image, in wall time; again so long when it wants a CPU and has got too little of it. */
const LOAD_TIMEOUT_MS = 10_000
/** All of SigmaHQ takes 0.2 s, from the start of the process on. */
export const LOAD_CPU_MS_MAX = 5_000
const REASON_CHARS_MAX = 512

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
  | ({ readonly kind: 'ready' } & Ready)
  | ({ readonly kind: 'refused' } & Reason)
  | ({ readonly kind: 'died' } & Reason)

export interface SeatEvents {
  /** It has a batch more in hand. */
  given?(): void
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
export class EngineSeat implements WatchedSeat {
  readonly image: SlotImage
  /** Null without one. */
  readonly tuningDigest: Sha256Hex | null
  readonly #process: ConfinedProcess
  readonly #usage: ProcessUsageFile
  readonly #events: SeatEvents
  readonly #decoder = new FrameDecoder(ENGINE_REPLY_BYTES_MAX)
  readonly loaded: Promise<LoadAnswer>
  /** Settles, and never rejects, when the process is no more. */
  readonly exited: Promise<unknown>
  #answerLoad: (answer: LoadAnswer) => void = () => {}
  #answered = false
  #gone = false
  /** Fields that its image reads and that a sensor fills in on request; known when it is loaded. */
  wants: readonly string[] = []
  #hasReceived = false
  /** Set when a person or the watchdog kills it, so that its death says why. */
  #reason: { code: string; message: string } | null = null

  constructor(
    { image, bytes, tuning }: SeatContent,
    entry: string,
    readFolders: readonly string[],
    events: SeatEvents,
    args: readonly string[] = [],
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
      args,
      readFolders,
      writeFolders: [],
      connectPorts: [],
      stderr: 'pipe',
    })
    this.#usage = new ProcessUsageFile(this.#process.pid)
    this.exited = this.#process.exited
      .catch(() => null)
      .then(() => {
        this.#usage.close()
        events.gone?.(this)
      })
    if (this.#process.stderr) passOnWords(this.#process.stderr, (words) => void process.stderr.write(words))
    this.#process.output.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    // The pipe ends before the exit is known: act on the pipe.
    for (const end of ['end', 'close']) {
      this.#process.output.on(end, () => this.#onGone('engine/died', 'the engine process ended'))
    }
    this.#process.output.on('error', () => this.#onGone('engine/died', 'the pipe from the engine broke'))
    this.#process.input.on('error', () => {}) // its death is seen on the other pipe
    if (tuning) this.#write(encodeFrame({ type: FRAME.TUNING, payload: tuning.bytes }))
    this.#write(encodeFrame({ type: FRAME.LOAD, payload: bytes }))
    const timer = setInterval(() => this.#judgeLoad(), LOAD_TIMEOUT_MS)
    void this.loaded.then(() => clearInterval(timer))
  }

  get pid(): number {
    return this.#process.pid
  }

  activate(): void {
    this.#write(encodeFrame({ type: FRAME.ACTIVATE }))
  }

  judge({ sequence, count, atSeconds, payload }: SeatBatch): void {
    this.#write(encodeFrame({ type: FRAME.EVENTS, sequence, count, aux: atSeconds, payload }))
    this.#events.given?.()
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

  usage(): ProcessStat | null {
    return this.#usage.read()
  }

  sleepsEverywhere(): boolean {
    return this.#usage.sleepsEverywhere()
  }

  isMoving(): boolean {
    const isMoving = this.#hasReceived || this.#process.input.writableLength > 0
    this.#hasReceived = false
    return isMoving
  }

  #judgeLoad(): void {
    const usage = this.usage()
    if (usage?.state === 'running' && usage.cpuMs < LOAD_CPU_MS_MAX) return // starved
    this.kill('engine/load-timeout', `no answer to LOAD within ${LOAD_TIMEOUT_MS / 1000} s`)
  }

  #write(frame: Uint8Array): void {
    if (!this.#gone && this.#process.input.writable) this.#process.input.write(frame)
  }

  #onData(chunk: Uint8Array): void {
    if (this.#gone) return
    this.#hasReceived = true
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
    if (frame.type === FRAME.READY) {
      const ready = parseReady(frame.payload)
      this.wants = ready.wants
      this.#answerLoad({ kind: 'ready', ...ready })
    } else if (frame.type === FRAME.REFUSED) this.#answerLoad({ kind: 'refused', ...parseRefused(frame.payload) })
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

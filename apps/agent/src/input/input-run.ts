import type { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { encodeFrame, FRAME, type Frame, FrameDecoder, RANK } from '@firebreak/api'
import {
  contractedReader,
  encodePosition,
  EventBatcher,
  type FilePosition,
  GrowingFile,
  InputError,
  LineCutter,
  parsePosition,
} from '@firebreak/inputs'
import { jsonBytes } from '@firebreak/kernel'
import type { InputConfig } from './config.ts'
import { BATCHES_OPEN_MAX, FAULT_CHARS_MAX, type InputStatus, NO_STATUS } from './messages.ts'

/** How often a file that has nothing more is looked at, and one that can't be read. */
const LOOK_AGAIN_MS = 200
const TRY_AGAIN_MS = 2_000
/** After so many a new process may be let read what this one may not: a folder that was made meanwhile. */
const TRIES_MAX = 10
const STATUS_INTERVAL_MS = 500
const SEQUENCES = 2 ** 32

/**
 * One input: lines of its source in, batches of events out. It sends no more than BATCHES_OPEN_MAX batches that the
 * supervisor has not seen through, and reads no more than it can send: what can't be judged yet stays where it was.
 */
export class InputRun {
  readonly #config: InputConfig
  readonly #output: Writable
  readonly #batcher: EventBatcher
  #sequence = 0
  #taken = 0
  #wake: () => void = () => {}
  #status: InputStatus = NO_STATUS
  #statusSent = ''
  /** Lines that were too long, before they came to the batcher. */
  #tooLong = 0

  constructor(config: InputConfig, output: Writable) {
    this.#config = config
    this.#output = output
    this.#batcher = new EventBatcher(contractedReader(config))
  }

  /**
   * Runs until its source ends. A file does not end, but one that can't be read for long is given up.
   *
   * @param open - the descriptor that we were handed, as a stream; for other sources than files
   */
  async run(input: Readable, open: () => Readable): Promise<void> {
    const resumed = this.#listen(input)
    const timer = setInterval(() => this.#tell(), STATUS_INTERVAL_MS)
    const saved = await resumed
    const { source } = this.#config
    if (source.kind === 'file') await this.#follow(source.path, saved)
    else await this.#read(open())
    clearInterval(timer)
    if (source.kind !== 'file') this.#status = { ...this.#status, isEnded: true }
    this.#tell()
  }

  /** Resolves with the position that the supervisor gives back. */
  #listen(input: Readable): Promise<Uint8Array> {
    const decoder = new FrameDecoder()
    return new Promise((resolve) => {
      input.on('data', (chunk: Uint8Array) => {
        for (const frame of decoder.push(chunk)) {
          if (frame.type === FRAME.INPUT_RESUME) resolve(frame.payload)
          else this.#onTaken(frame)
        }
      })
    })
  }

  #onTaken({ sequence }: Frame): void {
    this.#taken = sequence
    this.#wake()
  }

  async #follow(path: string, saved: Uint8Array): Promise<void> {
    const file = new GrowingFile(path, saved.length === 0 ? null : parseOurs(saved))
    for (let tries = 0; tries < TRIES_MAX;) {
      try {
        const { lines, position, isMore } = await file.round()
        this.#status = { ...this.#status, fault: null, file: { ...file.counters } }
        this.#tooLong = file.tooLong
        await this.#take(lines)
        if (lines.length > 0 && position !== null) this.#send(FRAME.INPUT_POSITION, encodePosition(position))
        tries = 0
        if (!isMore) await setTimeout(LOOK_AGAIN_MS)
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        tries++
        this.#status = { ...this.#status, fault: error.message.slice(0, FAULT_CHARS_MAX) }
        await setTimeout(TRY_AGAIN_MS)
      }
    }
  }

  async #read(stream: Readable): Promise<void> {
    const cutter = new LineCutter()
    for await (const chunk of stream) {
      await this.#take(cutter.push(chunk as Uint8Array))
      this.#tooLong = cutter.tooLong
    }
    const last = cutter.end()
    if (last !== null) await this.#take([last])
  }

  /** Resolves when all of the lines' events are sent. */
  async #take(lines: readonly Uint8Array[]): Promise<void> {
    for (const line of lines) {
      this.#batcher.add(line, Date.now())
      if (this.#batcher.isFull) await this.#sendBatch()
    }
    if (this.#batcher.count > 0) await this.#sendBatch()
  }

  async #sendBatch(): Promise<void> {
    while ((this.#sequence - this.#taken + SEQUENCES) % SEQUENCES >= BATCHES_OPEN_MAX) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const { count } = this.#batcher
    this.#sequence = (this.#sequence + 1) % SEQUENCES
    this.#send(FRAME.SENSED, this.#batcher.finish(), count)
  }

  #send(type: Frame['type'], payload: Uint8Array, count = 0): void {
    this.#output.write(encodeFrame({ type, rank: RANK.activity, count, sequence: this.#sequence, payload }))
  }

  #tell(): void {
    const { refused } = this.#batcher
    const status = { ...this.#status, refused: { ...refused, 'too-long': refused['too-long'] + this.#tooLong } }
    const text = JSON.stringify(status)
    if (text === this.#statusSent) return
    this.#statusSent = text
    this.#send(FRAME.INPUT_STATUS, jsonBytes(status))
  }
}

/** A position that is none of ours any more is no reason to read nothing: then from the beginning. */
function parseOurs(bytes: Uint8Array): FilePosition | null {
  try {
    return parsePosition(bytes)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return null
  }
}

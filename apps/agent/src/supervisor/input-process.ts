import type { ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'
import { encodeFrame, FRAME, type Frame } from '@firebreak/api'
import type { ConfinedProcess, SpawnConfinedOptions } from '@firebreak/linux/spawn'
import type { InputConfig } from '../input/config.ts'
import {
  BATCHES_OPEN_MAX,
  INPUT_FRAME_BYTES_MAX,
  type InputStatus,
  NO_STATUS,
  parseInputStatus,
  POSITION_SIZE_BYTES_MAX,
} from '../input/messages.ts'
import { startJournalReader } from './journal-reader.ts'
import { KeptProcess } from './kept-process.ts'
import type { PositionFile } from './position-file.ts'

/** Where batches of inputs go, and what became of them. */
export interface BatchTaker {
  /** Takes opaque bytes. @returns the batch's place in the order of all batches */
  submit(payload: Uint8Array, count: number): number
  /** Whether all batches up to this place were judged or dropped. */
  isSettled(order: number): boolean
}

export interface InputProcessOptions {
  readonly config: InputConfig
  readonly entry: string
  readonly readFolders: readonly string[]
  /** The reader of the journal; null where there is none. */
  readonly journalctl: string | null
  readonly position: PositionFile
  readonly batches: BatchTaker
}

/** A batch, or a position behind it, that waits to be settled. */
interface Waiting {
  readonly sequence: number
  readonly order: number
  readonly position: Uint8Array | null
}

const NO_JOURNAL = 'Cannot read the journal: this system has no journalctl where systems have it'
/** The descriptor of the agent's own. */
const STANDARD_INPUT = 0

/** Of batches and of positions behind them. More than the input may have open is nonsense, and ends its process. */
const WAITING_MAX = 4 * BATCHES_OPEN_MAX

/** Keeps one input running. Frames pass through unread; a position is kept when all that came before it is settled. */
export class InputProcess {
  readonly #options: InputProcessOptions
  readonly #process: KeptProcess
  #journal: ChildProcess | null = null
  #waiting: Waiting[] = []
  #order = 0
  /** The newest settled sequence that the input was not told yet. */
  #taken: number | null = null
  /** The newest that any process of this input told us. */
  #position: Uint8Array
  #settledBefore: InputStatus = NO_STATUS
  #status: InputStatus = NO_STATUS

  constructor(options: InputProcessOptions) {
    const { config, entry, readFolders, position } = options
    this.#options = options
    this.#position = position.saved
    this.#process = new KeptProcess({
      spawn: {
        profile: 'input',
        entry,
        args: [JSON.stringify(config)],
        readFolders: config.source.kind === 'file' ? [...readFolders, dirname(config.source.path)] : readFolders,
        writeFolders: [],
        connectPorts: [],
        ...extraOf(config),
      },
      frameBytesMax: INPUT_FRAME_BYTES_MAX,
      onFrame: (frame) => this.#onFrame(frame),
      onStarted: (started) => this.#onStarted(started),
      onEnded: () => this.#onEnded(),
    })
  }

  get name(): string {
    return this.#options.config.name
  }

  /** That came, over all its processes. */
  events = 0

  /** Over all its processes, as far as they could tell us. */
  get status(): InputStatus {
    const status = added(this.#settledBefore, this.#status)
    const { config, journalctl } = this.#options
    return config.source.kind === 'journal' && journalctl === null ? { ...status, fault: NO_JOURNAL } : status
  }

  /** To be called now and then: lets the input go on, and keeps its position. */
  settle(): void {
    const { batches, position } = this.#options
    const count = this.#waiting.findIndex(({ order }) => !batches.isSettled(order))
    const settled = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count)
    const last = settled.at(-1)
    if (last === undefined) return this.#tellTaken()
    const newest = settled.findLast((one) => one.position !== null)?.position
    if (newest) position.want(newest)
    this.#taken = last.sequence
    this.#tellTaken()
  }

  /** Again and again while its pipe is full: an input that does not hear it waits for ever. */
  #tellTaken(): void {
    if (this.#taken === null) return
    if (this.#process.write(encodeFrame({ type: FRAME.INPUT_TAKEN, sequence: this.#taken }))) this.#taken = null
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    this.#journal?.kill('SIGKILL')
    this.settle()
    await this.#options.position.save()
  }

  #onStarted({ input, extra }: ConfinedProcess): void {
    input.write(encodeFrame({ type: FRAME.INPUT_RESUME, payload: this.#position }))
    const { journalctl } = this.#options
    if (extra === null) return
    extra.on('error', () => {}) // the input is gone
    if (journalctl === null) extra.destroy()
    else this.#journal = startJournalReader(journalctl, extra)
  }

  #onEnded(): void {
    this.#journal?.kill('SIGKILL')
    this.#journal = null
    this.#settledBefore = { ...this.status, fault: null }
    this.#status = NO_STATUS
    this.#taken = null
    // Sequences begin anew; what was sent is judged all the same, and its positions hold.
    this.#waiting = this.#waiting.flatMap((one) => (one.position === null ? [] : [{ ...one, sequence: 0 }])).slice(-1)
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSED) this.#onBatch(frame)
    else if (frame.type === FRAME.INPUT_POSITION) this.#onPosition(frame)
    else if (frame.type === FRAME.INPUT_STATUS) this.#status = parseInputStatus(frame.payload)
    else throw new Error('a frame that inputs do not send')
    if (this.#waiting.length > WAITING_MAX) throw new Error('more than it was asked for')
  }

  #onBatch({ payload, count, sequence }: Frame): void {
    this.events += count
    this.#order = this.#options.batches.submit(payload, count)
    this.#waiting.push({ sequence, order: this.#order, position: null })
  }

  #onPosition({ payload, sequence }: Frame): void {
    if (payload.length > POSITION_SIZE_BYTES_MAX) throw new Error('a position that is too long')
    this.#position = payload
    const last = this.#waiting.at(-1)
    if (last?.sequence === sequence) this.#waiting.pop() // one entry for both: lines that are no events cost nothing
    this.#waiting.push({ sequence, order: this.#order, position: payload })
  }
}

function extraOf({ source }: InputConfig): Pick<SpawnConfinedOptions, 'extra'> {
  if (source.kind === 'journal') return { extra: 'pipe' }
  return source.kind === 'stdin' ? { extra: STANDARD_INPUT } : {}
}

function added(before: InputStatus, now: InputStatus): InputStatus {
  return {
    ...now,
    refused: {
      'too-long': before.refused['too-long'] + now.refused['too-long'],
      malformed: before.refused.malformed + now.refused.malformed,
      'other-shape': before.refused['other-shape'] + now.refused['other-shape'],
      'not-supplied': before.refused['not-supplied'] + now.refused['not-supplied'],
    },
    file: {
      rotations: before.file.rotations + now.file.rotations,
      truncations: before.file.truncations + now.file.truncations,
      gaps: before.file.gaps + now.file.gaps,
    },
  }
}

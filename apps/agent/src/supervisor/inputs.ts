import { join } from 'node:path'
import { openFolder } from '@firebreak/durable-fs'
import type { FormatName } from '@firebreak/inputs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import { codeFolders, entryOf } from '../entries.ts'
import type { InputConfig } from '../input/config.ts'
import type { InputStatus } from '../input/messages.ts'
import { type BatchTaker, InputProcess } from './input-process.ts'
import { findJournalctl } from './journal-reader.ts'
import { PositionFile } from './position-file.ts'

/** What `firebreak agent status` shows of one input. */
export interface InputReport extends InputStatus {
  readonly name: string
  readonly format: FormatName
  readonly source: InputConfig['source']['kind']
  /** That it sent. */
  readonly events: number
}

/** An input waits with 32 batches of 256 events until it hears that they were judged: so it can bring 40,000 events a second. */
const SETTLE_INTERVAL_MS = 200
/** How often positions are made durable: what an agent that is killed repeats at most. */
const SAVE_INTERVAL_MS = 1_000

interface KeptInput {
  readonly config: InputConfig
  readonly process: InputProcess
  readonly position: PositionFile
}

/** The inputs of this host, each a process of its own. */
export class Inputs {
  readonly #inputs: readonly KeptInput[]
  /** Null where there are none: a host without inputs wakes for none. */
  readonly #timer: NodeJS.Timeout | null
  #savedAtMs = 0

  /**
   * @param folder - for their positions; without one, on a disk that takes nothing, all is read again after the next start
   * @throws LinuxError
   */
  static async start(
    configs: readonly InputConfig[],
    folder: string,
    batches: BatchTaker,
    onFault: (code: string, message: string) => void,
  ): Promise<Inputs> {
    if (configs.length > 0) {
      await openFolder(folder).catch((error: unknown) => onFault(errorCode(error), errorMessage(error)))
    }
    const journalctl = findJournalctl()
    const inputs: KeptInput[] = []
    for (const config of configs) {
      const position = await PositionFile.open(join(folder, `${config.name}.position`), onFault)
      const options = { config, entry: entryOf('input'), readFolders: codeFolders(), journalctl, position, batches }
      inputs.push({ config, position, process: new InputProcess(options) })
    }
    return new Inputs(inputs)
  }

  private constructor(inputs: readonly KeptInput[]) {
    this.#inputs = inputs
    this.#timer = inputs.length === 0 ? null : setInterval(() => this.#settle(), SETTLE_INTERVAL_MS)
  }

  /** What each has sent, and by reason what it could make no event of. */
  reports(): readonly InputReport[] {
    return this.#inputs.map(({ config, process }) => {
      const { events, status } = process
      return { name: config.name, format: config.format, source: config.source.kind, events, ...status }
    })
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await Promise.all(this.#inputs.map(({ process }) => process.stop()))
  }

  #settle(): void {
    for (const { process } of this.#inputs) process.settle()
    const nowMs = performance.now()
    if (nowMs - this.#savedAtMs < SAVE_INTERVAL_MS) return
    this.#savedAtMs = nowMs
    for (const { position } of this.#inputs) void position.save()
  }
}

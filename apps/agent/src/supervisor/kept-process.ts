import { type Frame, FrameDecoder } from '@firebreak/api'
import { type ConfinedProcess, spawnConfined, type SpawnConfinedOptions } from '@firebreak/linux/spawn'

/** A process that keeps ending is started again this much later each time. */
const RESTART_DELAY_MS = 500
const RESTART_DELAY_MS_MAX = 30_000
/** A process that lived this long ends for the first time. */
const STEADY_MS = 60_000

export interface KeptProcessOptions {
  readonly spawn: SpawnConfinedOptions
  readonly frameBytesMax: number
  /** May throw: a process that sends nonsense is killed, and started afresh. */
  readonly onFrame: (frame: Frame) => void
  /** Each time, before anything of it is read. */
  readonly onStarted?: (process: ConfinedProcess) => void
  readonly onEnded?: () => void
  /** At `stop` its input ends, and it has this long to undo what it did to the host; then it is killed. Default: at once. */
  readonly endGraceMs?: number
}

/** Keeps one confined process running until `stop`, whatever ends it. */
export class KeptProcess {
  readonly #options: KeptProcessOptions
  #process: ConfinedProcess | null = null
  #startedAtMs = 0
  #delayMs = RESTART_DELAY_MS
  #stopped = false

  /** @throws LinuxError linux/spawn-failed: only this first time */
  constructor(options: KeptProcessOptions) {
    this.#options = options
    this.#start()
  }

  /** @returns false, with nothing written, while it is down or slow */
  write(frame: Uint8Array): boolean {
    const input = this.#process?.input
    if (!input?.writable || input.writableNeedDrain) return false
    input.write(frame)
    return true
  }

  /** Null while it is down. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** Ends it; another one follows. */
  end(): void {
    this.#process?.kill()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const running = this.#process
    if (running === null) return
    const exited = running.exited.catch(() => null)
    const { endGraceMs = 0 } = this.#options
    const timer = setTimeout(() => running.kill(), endGraceMs)
    if (endGraceMs > 0) running.input.end()
    await exited
    clearTimeout(timer)
  }

  #start(): void {
    const { frameBytesMax, onFrame, onStarted, onEnded } = this.#options
    const decoder = new FrameDecoder(frameBytesMax)
    const running = spawnConfined(this.#options.spawn)
    this.#process = running
    this.#startedAtMs = performance.now()
    running.input.on('error', () => {}) // its end is seen below
    running.output.on('error', () => {})
    onStarted?.(running)
    running.output.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of decoder.push(chunk)) onFrame(frame)
      } catch {
        running.output.removeAllListeners('data').resume()
        running.kill()
      }
    })
    void running.exited
      .catch(() => null)
      .then(() => {
        this.#process = null
        onEnded?.()
        this.#startLater()
      })
  }

  #startLater(): void {
    if (this.#stopped) return
    if (performance.now() - this.#startedAtMs > STEADY_MS) this.#delayMs = RESTART_DELAY_MS
    setTimeout(() => this.#startAgain(), this.#delayMs).unref()
    this.#delayMs = Math.min(this.#delayMs * 2, RESTART_DELAY_MS_MAX)
  }

  #startAgain(): void {
    if (this.#stopped) return
    try {
      this.#start()
    } catch {
      this.#startLater() // no process to be had on this host right now
    }
  }
}

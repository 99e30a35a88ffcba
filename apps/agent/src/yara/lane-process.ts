import { readdir, readFile } from 'node:fs/promises'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'
import {
  LANE_REPLY_BYTES_MAX,
  type LaneReady,
  type LaneRules,
  type LaneVerdict,
  parseLaneReady,
  parseLaneVerdict,
} from './messages.ts'

/** Rules of 741 files take 5 s of CPU; a busy host takes several times that. */
export const LOAD_CPU_MS_MAX = 30_000
/** Beyond the time limit that the library keeps itself: for what it does not interrupt, a loop in a condition. */
const GRACE_CPU_MS = 500
const CHECK_INTERVAL_MS = 50
/** Looks without any CPU time (5 s): stopped, or stuck in the kernel. */
const IDLE_CHECKS_MAX = 100
/** The library, compiled rules of thousands, and a file of the largest size, several times. */
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024

export type LaneEnd = 'timed-out' | 'lane-died'

/** One lane process with its rules; one question at a time. It dies once, and is never used again. */
export class LaneProcess {
  readonly #process: ConfinedProcess
  readonly #decoder = new FrameDecoder(LANE_REPLY_BYTES_MAX)
  readonly #scanCpuMsMax: number
  /** Settles when the rules are loaded. */
  readonly ready: Promise<LaneReady | LaneEnd>
  #sequence = 0
  #answer: ((answer: Frame | LaneEnd) => void) | null = null
  #end: LaneEnd | null = null

  /** @throws LinuxError linux/spawn-failed */
  constructor(entry: string, readFolders: readonly string[], rules: LaneRules) {
    this.#scanCpuMsMax = rules.limits.timeMs + GRACE_CPU_MS
    this.#process = spawnConfined({
      profile: 'engine',
      entry,
      args: [],
      readFolders,
      writeFolders: [],
      connectPorts: [],
      memoryBytesMax: MEMORY_BYTES_MAX,
    })
    this.#process.output.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    this.#process.output.on('close', () => this.kill('lane-died'))
    this.#process.output.on('error', () => this.kill('lane-died'))
    this.#process.input.on('error', () => {}) // its death is seen on the other pipe
    const load = encodeFrame({ type: FRAME.YARA_RULES, payload: jsonBytes(rules) })
    this.ready = this.#ask(load, LOAD_CPU_MS_MAX).then((answer) => this.#read(answer, FRAME.YARA_READY, parseLaneReady))
  }

  get pid(): number {
    return this.#process.pid
  }

  get isAlive(): boolean {
    return this.#end === null
  }

  async scan(bytes: Uint8Array): Promise<LaneVerdict | LaneEnd> {
    this.#sequence = (this.#sequence + 1) % 2 ** 32
    const file = encodeFrame({ type: FRAME.YARA_FILE, sequence: this.#sequence, payload: bytes })
    return this.#read(await this.#ask(file, this.#scanCpuMsMax), FRAME.YARA_VERDICT, parseLaneVerdict)
  }

  /** Ends it; whoever waits for an answer gets `end`. Only the first end counts. */
  kill(end: LaneEnd): void {
    this.#end ??= end
    this.#process.kill()
    this.#answer?.(this.#end)
    this.#answer = null
  }

  async stop(): Promise<void> {
    this.kill('lane-died')
    await this.#process.exited.catch(() => null)
  }

  /** CPU time that its threads have used, in milliseconds; null when it is gone. */
  async cpuMs(): Promise<number | null> {
    try {
      let total = 0
      for (const thread of await readdir(`/proc/${this.pid}/task`)) {
        total += Number((await readFile(`/proc/${this.pid}/task/${thread}/schedstat`, 'latin1')).split(' ', 1)[0])
      }
      return total / 1e6
    } catch {
      return null
    }
  }

  #ask(frame: Uint8Array, cpuMsMax: number): Promise<Frame | LaneEnd> {
    if (this.#end !== null) return Promise.resolve(this.#end)
    const answered = new Promise<Frame | LaneEnd>((resolve) => {
      this.#answer = resolve
    })
    this.#process.input.write(frame)
    const stop = this.#watch(cpuMsMax)
    return answered.finally(stop)
  }

  #read<T>(answer: Frame | LaneEnd, type: Frame['type'], parse: (bytes: Uint8Array) => T): T | LaneEnd {
    if (typeof answer === 'string') return answer
    try {
      if (answer.type !== type || answer.sequence !== this.#sequence) throw new Error('not an answer to the question')
      return parse(answer.payload)
    } catch {
      this.kill('lane-died')
      return 'lane-died'
    }
  }

  #onData(chunk: Uint8Array): void {
    if (this.#end !== null) return
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (this.#answer === null) throw new Error('an answer that nobody asked for')
        this.#answer(frame)
        this.#answer = null
      }
    } catch {
      this.kill('lane-died')
    }
  }

  /** CPU and not wall time: a lane that is starved by a busy host is healthy. */
  #watch(cpuMsMax: number): () => void {
    let startMs: number | null = null
    let lastMs = -1
    let idleChecks = 0
    let over = false
    const check = async (): Promise<void> => {
      const nowMs = await this.cpuMs()
      if (over || nowMs === null) return
      startMs ??= nowMs
      idleChecks = nowMs > lastMs ? 0 : idleChecks + 1
      lastMs = nowMs
      if (nowMs - startMs > cpuMsMax || idleChecks >= IDLE_CHECKS_MAX) this.kill('timed-out')
    }
    const timer = setInterval(() => void check(), CHECK_INTERVAL_MS)
    return () => {
      over = true
      clearInterval(timer)
    }
  }
}

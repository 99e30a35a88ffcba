import { FRAME, type Frame } from '@firebreak/api'
import { digest, integer, object, parseJson, type Sha256Hex, text } from '@firebreak/kernel'
import { entryOf, codeFolders } from '../entries.ts'
import { type ExecGateConfig, type GateSettings, gateSettingsOf } from '../gate-settings.ts'
import { KeptProcess } from './kept-process.ts'

/** A gate that has not been heard of for so long is ended: whoever it holds goes on. It speaks every 50 ms. */
const GATE_SILENT_MS_MAX = 500
/** A gate that holds nobody yet has so long to load. */
const GATE_START_MS_MAX = 10_000
const LOOK_INTERVAL_MS = 100
const FRAME_BYTES_MAX = 16_384

const count = integer(0, Number.MAX_SAFE_INTEGER)

/** Of one run of the gate: how many program starts were let go on, refused, let go on for lack of time, or unjudged. */
export interface GateCounters {
  readonly allowed: number
  readonly denied: number
  readonly late: number
  readonly unjudged: number
}

export interface Denial {
  readonly pid: number
  readonly path: string
  readonly sha256: Sha256Hex
}

export interface GateReport {
  /** `refused`: it can't run as it is configured; nobody is held. */
  readonly state: 'starting' | 'running' | 'refused'
  readonly counters: GateCounters | null
  /** How often it was ended because it was not heard of. */
  readonly stalls: number
}

export interface GateEvents {
  onDenied(denial: Denial): void
  /** Opaque, for the sensor. */
  onArguments(payload: Uint8Array): void
  onFault(code: string, message: string): void
}

const counters = object<GateCounters>({ allowed: count, denied: count, late: count, unjudged: count })
const denial = object<Denial>({ pid: count, path: text(8_192), sha256: digest })
const refusal = object<{ code: string; message: string }>({ code: text(64), message: text(8_192) })

/** @returns null when it is off, or configured in a way that says nothing: a gate is never guessed */
export function startExecGate(config: ExecGateConfig | undefined, events: GateEvents): ExecGateProcess | null {
  const settings = config === undefined ? null : gateSettingsOf(config)
  if (typeof settings !== 'string') return settings && new ExecGateProcess(settings, events)
  events.onFault('gate/bad-config', settings)
  return null
}

/** Keeps the exec gate running, and ends it when it stalls: it is the one process of ours that others wait for. */
export class ExecGateProcess {
  readonly #events: GateEvents
  readonly #process: KeptProcess
  readonly #timer: NodeJS.Timeout
  #heardMs = performance.now()
  #isStarting = true
  #isRefused = false
  #counters: GateCounters | null = null
  #stalls = 0

  constructor(settings: GateSettings, events: GateEvents) {
    this.#events = events
    this.#process = new KeptProcess({
      spawn: {
        profile: 'exec-gate',
        entry: entryOf('exec-gate'),
        args: [JSON.stringify(settings)],
        readFolders: codeFolders(),
        writeFolders: [],
        connectPorts: [],
      },
      frameBytesMax: FRAME_BYTES_MAX,
      onFrame: (frame) => this.#onFrame(frame),
      onEnded: () => {
        this.#isStarting = true
        this.#heardMs = performance.now()
      },
    })
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS)
  }

  get report(): GateReport {
    const state = this.#isRefused ? 'refused' : this.#isStarting ? 'starting' : 'running'
    return { state, counters: this.#counters, stalls: this.#stalls }
  }

  /** For people and tests; null while it is down. */
  get pid(): number | null {
    return this.#process.pid
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#process.stop()
  }

  #look(): void {
    if (this.#isSilent()) setImmediate(() => this.#endIfSilent()) // what came while we were busy is read before that
  }

  #isSilent(): boolean {
    return performance.now() - this.#heardMs > (this.#isStarting ? GATE_START_MS_MAX : GATE_SILENT_MS_MAX)
  }

  #endIfSilent(): void {
    if (!this.#isSilent() || this.#isRefused) return
    const silentMs = performance.now() - this.#heardMs
    this.#stalls++
    this.#heardMs = performance.now()
    this.#process.end()
    this.#events.onFault('gate/stalled', `The exec gate was ended: it was silent for ${Math.round(silentMs)} ms`)
  }

  /** What the gate says is read as what it is: text about files that anybody may have named. */
  #onFrame({ type, payload }: Frame): void {
    this.#heardMs = performance.now()
    this.#isStarting = false
    if (type === FRAME.GATE_ALIVE) this.#counters = counters(parseJson(payload, FRAME_BYTES_MAX, 'gate'), 'gate')
    else if (type === FRAME.GATE_DENIED) {
      this.#events.onDenied(denial(parseJson(payload, FRAME_BYTES_MAX, 'denial'), 'denial'))
    } else if (type === FRAME.EXEC_ARGUMENTS) this.#events.onArguments(payload)
    else if (type === FRAME.REFUSED) this.#refused(refusal(parseJson(payload, FRAME_BYTES_MAX, 'refusal'), 'refusal'))
    else throw new Error('a frame that exec gates do not send')
  }

  /** The configuration does not get better by trying again. */
  #refused({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#isRefused = true
    void this.stop()
    this.#events.onFault(code, message)
  }
}

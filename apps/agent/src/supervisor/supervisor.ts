import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RANK } from '@firebreak/api'
import { DurableError, readDurable } from '@firebreak/durable-fs'
import { restingImage, type SlotEffect, stepSlots } from '@firebreak/updater'
import { type AgentConfig, type AgentPaths, imagePath, SEQUENCES_PER_START } from '../config.ts'
import { codeFolders, entryOf } from '../entries.ts'
import type { FetcherMessage, HostStanding } from '../messages.ts'
import { Detections } from './detections.ts'
import { EnginePair } from './engine-pair.ts'
import { type ExecGateProcess, startExecGate } from './exec-gate-process.ts'
import { FetcherProcess } from './fetcher-process.ts'
import { agentStatus, type HostParts } from './host-report.ts'
import type { BatchTaker } from './input-process.ts'
import { Inputs } from './inputs.ts'
import { type SensorReport, SensorProcess } from './sensor-process.ts'
import { Quarantine } from './quarantine.ts'
import { ResumeFile } from './resume-file.ts'
import type { Tamper } from '../tamper/tamper.ts'
import { CustomerPolicyFiles } from './policy-files.ts'
import { SlotKeeper } from './slot-keeper.ts'
import { openSlotStore, type SlotStore } from './slot-store.ts'
import { openSpool, type Spool } from './spool.ts'
import { IMAGE_SIZE_BYTES_MAX } from './starter.ts'
import { StatusFile } from './status-file.ts'
import { TrialClock } from './trial-clock.ts'
import { TuningFile } from './tuning-file.ts'

/** How often counters are told, and people's files looked for; changes are told at once. Each tick costs the host about half a millisecond. */
const TICK_INTERVAL_MS = 1_000
/** How long the end waits until the server holds the beacon that says why. */
const ENDING_WAIT_MS_MAX = 2_000

export interface SupervisorOptions {
  readonly config: AgentConfig
  readonly paths: AgentPaths
  /** The engine's entry: the drill has one of its own. */
  readonly engineEntry: string
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void
  readonly tamper: Tamper
  /** The sensor is at work. */
  readonly onReady: () => void
}

/**
 * The parent of all processes of a host. It starts, watches and replaces them, and owns the slots. It reads no content, no rule and
 * no event: those are opaque bytes between a sensor and an engine. A disk that takes nothing stops no protection: what can't be
 * kept is counted, and nothing new is confirmed.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #slots: SlotKeeper
  readonly #detections: Detections
  readonly #pair: EnginePair
  readonly #trialClock: TrialClock
  readonly #sensor: SensorProcess
  readonly #gate: ExecGateProcess | null
  readonly #fetcher: FetcherProcess
  readonly #status: StatusFile
  readonly #tuning: TuningFile
  readonly #policy: CustomerPolicyFiles
  readonly #resume: ResumeFile
  #inputs: Inputs | null = null
  readonly #quarantine: Quarantine
  readonly #bootId: string
  readonly #timer: NodeJS.Timeout
  #sensorReport: SensorReport | null = null
  #host: string | null = null
  #planGeneration = 0
  #standing: HostStanding | null = null
  #beacons = 0
  #ending: string | null = null
  #onEndingTold: () => void = () => {}
  #stopped = false

  /** @throws DurableError | KernelError | LinuxError, each with one sentence */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const store = await openSlotStore(options.paths)
    const onFault = (code: string, message: string) => options.onLine({ event: 'fault', code, message })
    const bootId = await readBootId()
    await countStart(store, bootId, onFault)
    if (store.starter.fault) onFault(store.starter.fault.code, store.starter.fault.message)
    const spool = await openSpool(options.paths.spool, store.state.starts * SEQUENCES_PER_START)
    const quarantine = await Quarantine.open(options.paths.quarantine, onFault)
    const supervisor = new Supervisor(options, store, spool, quarantine, bootId)
    // Before any engine is started, so that none starts twice.
    await supervisor.#tuning.look()
    await supervisor.#policy.look()
    supervisor.#inputs = await Inputs.start(
      options.config.inputs ?? [],
      options.paths.inputs,
      supervisor.#batches,
      onFault,
    )
    supervisor.#pair.runConfirmed(restingImage(supervisor.#slots.state)?.image ?? null)
    return supervisor
  }

  private constructor(
    options: SupervisorOptions,
    store: SlotStore,
    spool: Spool,
    quarantine: Quarantine,
    bootId: string,
  ) {
    this.#options = options
    this.#bootId = bootId
    this.#quarantine = quarantine
    this.#status = new StatusFile(options.paths.status)
    const onFault = (code: string, message: string) => options.onLine({ event: 'fault', code, message })
    this.#slots = new SlotKeeper(store, {
      obey: (effect) => this.#obey(effect),
      onDecided: (cause) => {
        options.onLine({ event: 'slots', cause })
        this.#report()
      },
      onFault,
    })
    this.#resume = new ResumeFile(options.paths.resume, this.#slots)
    this.#detections = new Detections({
      spool,
      upload: (lines, count) => this.#fetcher.upload(lines, count),
      onFault,
    })
    this.#pair = this.#createPair(store)
    this.#tuning = new TuningFile(options.paths.tuning, {
      onTuning: (tuning) => {
        this.#pair.useTuning(tuning)
        options.onLine({ event: 'tuning', digest: tuning?.digest ?? null })
      },
      onFault: ({ code, message }) => onFault(code, message),
    })
    this.#trialClock = new TrialClock(options.config.trialMs, this.#pair, {
      onPassed: (image) => this.#slots.dispatchAbout(image, { kind: 'trial-passed' }),
      onNoVerdict: (image) => {
        const died = {
          kind: 'candidate-died',
          code: 'trial/no-verdict',
          message: 'no verdict in the whole trial',
        } as const
        this.#slots.dispatchAbout(image, died)
      },
    })
    this.#sensor = this.#createSensor()
    this.#gate = startExecGate(options.config.execGate, {
      onDenied: (denial) => options.onLine({ event: 'exec-denied', ...denial }),
      onArguments: (payload) => this.#sensor.takeArguments(payload),
      onFault,
    })
    this.#fetcher = new FetcherProcess({
      entry: entryOf('fetcher'),
      readFolders: codeFolders(),
      folder: options.paths.fetcher,
      serverPort: portOf(options.config.serverUrl),
      args: [JSON.stringify(options.config), options.paths.fetcher],
      onMessage: (message) => this.#onMessage(message),
    })
    this.#policy = new CustomerPolicyFiles(options.paths, (files) => this.#fetcher.policy(files))
    this.#timer = setInterval(() => this.#tick(), TICK_INTERVAL_MS)
  }

  /** Ends in order: the last beacon says why, if there is a server to hear it. */
  async stop(reason: string): Promise<void> {
    this.#ending = reason
    this.#report()
    await Promise.all([this.#options.tamper.stop(reason), this.#host === null ? null : this.#endingTold()])
    this.#stopped = true
    clearInterval(this.#timer)
    this.#trialClock.stop()
    await Promise.all([
      this.#gate?.stop(),
      this.#inputs?.stop(),
      this.#sensor.stop(),
      this.#fetcher.stop(),
      this.#pair.stop(),
    ])
    await this.#slots.stop()
    await this.#detections.stop()
    await this.#quarantine.settled()
  }

  #endingTold(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEndingTold = resolve
      setTimeout(resolve, ENDING_WAIT_MS_MAX)
    })
  }

  #createPair(store: SlotStore): EnginePair {
    return new EnginePair({
      entry: this.#options.engineEntry,
      readFolders: codeFolders(),
      args: engineArgs(this.#options.config),
      nowMs: () => performance.now(),
      wallMs: () => Date.now(),
      readImage: (image) => store.readImage(image),
      onQuarantined: (event) => this.#quarantine.keep(event),
      onDetections: (lines, count) => void this.#detections.keep(lines, count).then(() => this.#upload()),
      onCandidateActive: (image) => {
        this.#trialClock.start(image)
        this.#report()
      },
      onCandidateRefused: (image, code, message) =>
        this.#slots.dispatchAbout(image, { kind: 'refused', code, message }),
      onCandidateDied: (image, code, message) =>
        this.#slots.dispatchAbout(image, { kind: 'candidate-died', code, message }),
      onConfirmedDied: () => this.#slots.dispatch({ kind: 'confirmed-died' }),
      onRecovered: (imageDigest, gapMs) => {
        const recoverMs = Math.ceil(gapMs)
        this.#options.onLine({ event: 'recovered', recoverMs })
        this.#slots.dispatch({ kind: 'recovered', imageDigest, recoverMs })
      },
      onDamaged: (image) => this.#slots.dispatch({ kind: 'damaged', imageDigest: image.imageDigest }),
      onTuningRefused: ({ code, message }) => this.#options.onLine({ event: 'fault', code, message }),
    })
  }

  #createSensor(): SensorProcess {
    const heldArguments = this.#options.config.execGate?.mode === 'arguments'
    const settings = { tier: null, heldArguments, files: { ownFolder: dirname(this.#options.paths.config) } }
    return new SensorProcess(entryOf('sensor'), codeFolders(), settings, {
      ready: (report) => {
        this.#sensorReport = report
        this.#options.onLine({ event: 'sensor', ...report })
        this.#options.onReady()
        this.#report()
      },
      sensed: (payload, count, rank) => this.#pair.submit(payload, count, rank),
    })
  }

  /** For inputs: their events are worth as much as the sensor's of that rank. */
  readonly #batches: BatchTaker = {
    submit: (payload, count) => this.#pair.submit(payload, count, RANK.activity),
    isSettled: (order) => this.#pair.isSettled(order),
  }

  #obey(effect: SlotEffect): void {
    switch (effect.kind) {
      case 'run-confirmed':
        return this.#pair.runConfirmed(effect.image)
      case 'end-trial':
        return this.#pair.endTrial()
      case 'keep-candidate':
        return this.#pair.keepCandidate(effect.image)
      case 'try-candidate':
        return this.#pair.tryCandidate(effect.image)
    }
  }

  #onMessage(message: FetcherMessage): void {
    switch (message.kind) {
      case 'enrolled':
        this.#host = message.host
        this.#options.onLine({ event: 'enrolled', host: message.host })
        return this.#report()
      case 'plan':
        this.#planGeneration = Math.max(this.#planGeneration, message.generation)
        return
      case 'recall':
        return this.#slots.dispatch({ kind: 'recalled', digests: message.digests })
      case 'uploaded':
        void this.#detections.uploaded(message.sequence).then(() => this.#upload())
        return
      case 'ending-told':
        return this.#onEndingTold()
      case 'beacons':
        this.#beacons = Math.max(this.#beacons, message.count)
        return
      case 'standing':
        this.#standing = message.standing
        return
      case 'offer': {
        const path = imagePath(this.#options.paths.fetcher, message.image.imageDigest)
        return this.#slots.offer(message.image, this.#planGeneration, () => readDurable(path, IMAGE_SIZE_BYTES_MAX))
      }
    }
  }

  #tick(): void {
    this.#report()
    void this.#tuning.look()
    void this.#policy.look()
    void this.#options.tamper.look(this.#host)
    void this.#resume.look()
    this.#pair.passTime()
    this.#sensor.want(this.#pair.wants)
    this.#upload()
  }

  #upload(): void {
    if (this.#host !== null && !this.#stopped) void this.#detections.uploadNext()
  }

  #report(): void {
    if (this.#stopped) return
    const status = agentStatus(this.#parts())
    this.#fetcher.report(status.report)
    this.#status.write(JSON.stringify(status, null, 2))
  }

  #parts(): HostParts {
    return {
      pid: process.pid,
      bootId: this.#bootId,
      host: this.#host,
      planGeneration: this.#planGeneration,
      standing: this.#standing,
      beacons: this.#beacons,
      beaconIntervalMs: this.#options.config.beaconIntervalMs,
      ending: this.#ending,
      slots: this.#slots.state,
      pair: this.#pair,
      detections: this.#detections,
      sensor: this.#sensorReport,
      sensorDrops: this.#sensor.drops,
      inputs: this.#inputs?.reports() ?? [],
      execGate: this.#gate?.report ?? null,
      notices: this.#options.tamper.notices,
    }
  }
}

/** What images may need of this host's inputs: the engine makes it part of its contract, before any content comes. */
function engineArgs({ inputs = [] }: AgentConfig): readonly string[] {
  return inputs.length === 0 ? [] : [JSON.stringify(inputs.map(({ format, supplies }) => ({ format, supplies })))]
}

/** A start counts as a kill of the trial that it interrupts. A full disk is no reason not to protect: nothing new is tried then. */
async function countStart(
  store: SlotStore,
  bootId: string,
  onFault: (code: string, message: string) => void,
): Promise<void> {
  const { state } = stepSlots(store.state, { kind: 'started', bootId, starter: store.starter.image }, Date.now())
  try {
    await store.save(state)
  } catch (error) {
    if (!(error instanceof DurableError) || error.code !== 'durable/full') throw error
    onFault(error.code, error.message)
    store.adopt(state)
  }
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

async function readBootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim()
  } catch {
    return 'unknown'
  }
}

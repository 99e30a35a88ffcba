import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { utf8Encode } from '@firebreak/kernel'
import { type SlotEffect, type SlotEvent, type SlotImage, stepSlots } from '@firebreak/updater'
import { AGENT_VERSION, type AgentConfig, type AgentPaths, imagePath } from '../config.ts'
import type { FetcherMessage, HostReport } from '../messages.ts'
import { EnginePair } from './engine-pair.ts'
import { FetcherProcess } from './fetcher-process.ts'
import { type SensorReport, SensorProcess } from './sensor-process.ts'
import { IMAGE_SIZE_BYTES_MAX, openSlotStore, type SlotStore } from './slot-store.ts'
import { openSpool, type Spool } from './spool.ts'
import { startWatchdog } from './watchdog.ts'

/** Sequences given out in one run of the agent: starts * this + n stays within exact integers for 9 million starts. */
const SEQUENCES_PER_START = 1_000_000_000
/** How often the fetcher hears of the host's state, beside each change. */
const REPORT_INTERVAL_MS = 200

export interface SupervisorOptions {
  readonly config: AgentConfig
  readonly paths: AgentPaths
  /** The engine's entry: the drill has one of its own. */
  readonly engineEntry: string
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void
}

/** What `firebreak agent status` shows: written to status.json at each change, not durable. */
export interface AgentStatus {
  readonly pid: number
  readonly host: string | null
  readonly sensor: SensorReport | null
  readonly planGeneration: number
  readonly report: HostReport
}

/**
 * The parent of all processes of a host. It starts, watches and replaces them, and owns the slots. It reads no content, no rule and
 * no event: those are opaque bytes between a sensor and an engine.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #store: SlotStore
  readonly #spool: Spool
  readonly #pair: EnginePair
  readonly #sensor: SensorProcess
  readonly #fetcher: FetcherProcess
  readonly #watchdog: { stop(): void }
  readonly #bootId: string
  readonly #timer: NodeJS.Timeout
  #sensorReport: SensorReport | null = null
  #host: string | null = null
  #planGeneration = 0
  #trialTimer: NodeJS.Timeout | null = null
  #spooled = 0
  #detectionsDropped = 0
  #uploading = false
  #events: Promise<void> = Promise.resolve()
  #statusText = ''
  #stopped = false

  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const store = await openSlotStore(options.paths)
    await store.save(stepSlots(store.state, { kind: 'started' }, Date.now()).state)
    const spool = await openSpool(options.paths.spool, store.state.starts * SEQUENCES_PER_START)
    const bootId = await readBootId()
    return new Supervisor(options, store, spool, bootId)
  }

  private constructor(options: SupervisorOptions, store: SlotStore, spool: Spool, bootId: string) {
    this.#options = options
    this.#store = store
    this.#spool = spool
    this.#bootId = bootId
    const readFolders = [codeFolder()]
    this.#pair = new EnginePair({
      entry: options.engineEntry,
      readFolders,
      nowMs: () => performance.now(),
      readImage: (image) => store.readImage(image),
      onDetections: (lines, count) => void this.#keepDetections(lines, count),
      onCandidateActive: (image) => this.#startTrialClock(image),
      onCandidateRefused: (code, message) => this.#dispatch({ kind: 'refused', code, message }),
      onCandidateDied: (code, message) => this.#dispatch({ kind: 'candidate-died', code, message }),
      onConfirmedDied: () => this.#dispatch({ kind: 'confirmed-died' }),
      onRecovered: (imageDigest, gapMs) => {
        options.onLine({ event: 'recovered', recoverMs: Math.ceil(gapMs) })
        this.#dispatch({ kind: 'recovered', imageDigest, recoverMs: Math.ceil(gapMs) })
      },
      onDamaged: (image) => this.#dispatch({ kind: 'damaged', imageDigest: image.imageDigest }),
    })
    this.#watchdog = startWatchdog(this.#pair, () => performance.now())
    this.#sensor = new SensorProcess(entryPath('../sensor/main.ts'), readFolders, {
      ready: (report) => {
        this.#sensorReport = report
        options.onLine({ event: 'sensor', ...report })
        this.#report()
      },
      sensed: (payload, count) => this.#pair.submit(payload, count),
    })
    this.#fetcher = new FetcherProcess({
      entry: entryPath('../fetcher/main.ts'),
      readFolders,
      folder: options.paths.fetcher,
      serverPort: portOf(options.config.serverUrl),
      args: [JSON.stringify(options.config), options.paths.fetcher],
      onMessage: (message) => this.#onMessage(message),
    })
    this.#timer = setInterval(() => this.#tick(), REPORT_INTERVAL_MS)
    this.#enqueue(() => this.#pair.runConfirmed(store.state.confirmed))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#watchdog.stop()
    if (this.#trialTimer) clearTimeout(this.#trialTimer)
    await Promise.all([this.#sensor.stop(), this.#fetcher.stop(), this.#pair.stop()])
    await this.#events
    await this.#spool.close()
  }

  /** One event at a time: decide, make the decision durable, obey it. */
  #dispatch(event: SlotEvent): void {
    this.#enqueue(async () => {
      const before = this.#store.state
      const step = stepSlots(before, event, Date.now())
      if (step.state === before && step.effects.length === 0) return
      await this.#store.save(step.state)
      this.#options.onLine({ event: 'slots', cause: event })
      for (const effect of step.effects) await this.#obey(effect)
      this.#report()
    })
  }

  #enqueue(work: () => Promise<void>): void {
    this.#events = this.#events.then(() => (this.#stopped ? undefined : work()))
  }

  async #obey(effect: SlotEffect): Promise<void> {
    switch (effect.kind) {
      case 'run-confirmed':
        return this.#pair.runConfirmed(effect.image)
      case 'end-trial':
        return this.#pair.endTrial()
      case 'keep-candidate':
        return this.#pair.keepCandidate(effect.image)
      case 'try-candidate':
        // Not awaited: the candidate loads while events and other decisions go on.
        void this.#pair.tryCandidate(effect.image)
    }
  }

  #startTrialClock(image: SlotImage): void {
    if (this.#trialTimer) clearTimeout(this.#trialTimer)
    this.#trialTimer = setTimeout(() => {
      if (this.#pair.running?.image !== image) return
      if (this.#pair.hasAnswered) this.#dispatch({ kind: 'trial-passed' })
      else
        this.#dispatch({ kind: 'candidate-died', code: 'trial/no-verdict', message: 'no verdict in the whole trial' })
    }, this.#options.config.trialMs)
  }

  #onMessage(message: FetcherMessage): void {
    switch (message.kind) {
      case 'enrolled':
        this.#host = message.host
        this.#options.onLine({ event: 'enrolled', host: message.host })
        return
      case 'plan':
        this.#planGeneration = Math.max(this.#planGeneration, message.generation)
        return
      case 'recall':
        this.#dispatch({ kind: 'recalled', digests: message.digests })
        return
      case 'uploaded':
        this.#uploading = false
        void this.#spool.drop(message.sequence)
        return
      case 'offer':
        this.#enqueue(() => this.#takeIn(message.image))
    }
  }

  /** Copies the offered bytes into the slot folder, by digest, before any state names them. */
  async #takeIn(image: SlotImage): Promise<void> {
    const { state } = this.#store
    if (state.rejected.includes(image.imageDigest) || state.candidate?.stage === 'running') return
    const path = imagePath(this.#options.paths.fetcher, image.imageDigest)
    const bytes = await readDurable(path, IMAGE_SIZE_BYTES_MAX)
    if (bytes && (await this.#store.keepImage(image.imageDigest, bytes))) this.#dispatch({ kind: 'offered', image })
  }

  async #keepDetections(lines: Uint8Array, count: number): Promise<void> {
    if (await this.#spool.add(lines)) this.#spooled += count
    else this.#detectionsDropped += count
  }

  #tick(): void {
    this.#report()
    if (!this.#uploading && this.#host !== null) void this.#uploadNext()
  }

  async #uploadNext(): Promise<void> {
    const { lines, count } = await this.#spool.next()
    if (count === 0 || this.#uploading) return
    this.#uploading = true
    this.#fetcher.upload(lines, count)
    // Also after a fetcher that died with it: the server keeps each sequence once.
    setTimeout(() => {
      this.#uploading = false
    }, UPLOAD_RETRY_MS).unref()
  }

  #report(): void {
    if (this.#stopped) return
    const report = this.#hostReport()
    this.#fetcher.report(report)
    const status: AgentStatus = {
      pid: process.pid,
      host: this.#host,
      sensor: this.#sensorReport,
      planGeneration: this.#planGeneration,
      report,
    }
    const text = JSON.stringify(status, null, 2)
    if (text === this.#statusText) return
    this.#statusText = text
    void writeDurable(this.#options.paths.status, utf8Encode(text)).catch(() => {})
  }

  #hostReport(): HostReport {
    const { candidate, confirmed, lastKnownGood, rejected, outcomes, starts } = this.#store.state
    const running = this.#pair.running
    return {
      slots: { candidate, confirmed, lastKnownGood, rejected },
      starts,
      beacon: {
        bootId: this.#bootId,
        agentVersion: AGENT_VERSION,
        engineVersion: this.#pair.engineVersion ?? NO_ENGINE_YET,
        sensorTier: this.#sensorReport?.tier ?? 'starting',
        running: running && { ...running.image, slot: running.trial ? 'candidate' : 'confirmed' },
        outcomes,
        events: this.#pair.eventsJudged,
        detections: this.#spooled,
        eventsDropped: this.#sensor.eventsDropped + this.#pair.eventsDropped + this.#detectionsDropped,
        engineRestarts: this.#pair.restarts,
      },
    }
  }
}

const UPLOAD_RETRY_MS = 5_000

/** What a host reports as engine version until its first image is loaded. */
const NO_ENGINE_YET = '0.0.0'

/** The repository's root: what confined processes may read. */
function codeFolder(): string {
  return fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
}

function entryPath(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
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

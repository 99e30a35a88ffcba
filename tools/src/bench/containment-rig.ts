import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toSourceNode } from '@firebreak/content'
import { readPackFolder } from '@firebreak/pack-folder'
import type { SlotImage } from '@firebreak/updater'
import { EnginePair } from '../../../apps/agent/src/supervisor/engine-pair.ts'
import { events, numbersIn } from '../../../apps/agent/src/testing/images.ts'
import { benchPack } from './packs.ts'

const ENTRY = fileURLToPath(new URL('../../../apps/agent/src/testing/hostile-engine.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const EVENT_INTERVAL_MS = 2
const LOOK_INTERVAL_MS = 5
/** Longer than a pair remembers deaths: each fault is then the first, and nobody waits for the next engine. */
const LATER_MS = 60_000

/** What one fault did. */
export interface Run {
  /** Wall time from the fault, or from the batch that brings it, to the next verdict. */
  readonly verdictMs: number
  /** Events that an engine acknowledged and whose detections never came. */
  readonly acknowledgedLost: number
  readonly state: string
}

export interface RigImage {
  readonly slot: SlotImage
  readonly bytes: Uint8Array
}

/** The starter pack, and one rule more that fires on every event of the rig, so that a verdict that is lost shows. */
export async function rigImage(): Promise<RigImage> {
  const rule = {
    title: 'Any event of the rig',
    id: '00000000-0000-4000-8000-000000000001',
    level: 'high',
    logsource: { category: 'process_creation', product: 'linux' },
    detection: { selection: { 'Image|startswith': '/firebreak-test/' }, condition: 'selection' },
  }
  const source = await readPackFolder(`${ROOT}/content/linux-baseline`)
  const nodes = [toSourceNode(rule, 'rules/rig.yml')]
  const { compiled } = benchPack('rig', { ...source, rules: [...source.rules, { file: 'rules/rig.yml', nodes }] })
  const { name, version } = compiled.manifest
  return { slot: { pack: name, version, imageDigest: compiled.digest }, bytes: compiled.image }
}

/** The agent's own engine pair over real confined engines, which fail on command while events keep coming. */
export class Rig {
  readonly #image: RigImage
  readonly #pair: EnginePair
  readonly #hasStandby: boolean
  readonly #seen = new Map<number, number>()
  #nextNumber = 0
  #aheadMs = 0
  #wallJumpMs = 0
  #onVerdict: () => void = () => {}
  #onDead = Promise.withResolvers<void>()

  constructor(image: RigImage, hasStandby: boolean) {
    this.#image = image
    this.#hasStandby = hasStandby
    this.#pair = new EnginePair({
      entry: ENTRY,
      readFolders: [ROOT],
      nowMs: () => performance.now() + this.#aheadMs,
      wallMs: () => Date.now() + this.#wallJumpMs,
      readImage: () => this.#readImage(),
      onQuarantined: () => {},
      onDetections: (lines) => {
        for (const number of numbersIn(lines)) this.#seen.set(number, (this.#seen.get(number) ?? 0) + 1)
        this.#onVerdict()
      },
      onRecovered: () => {},
      onCandidateActive: () => {},
      onCandidateRefused: () => {},
      onCandidateDied: () => {},
      onConfirmedDied: () => {
        this.#onDead.resolve()
        this.#onDead = Promise.withResolvers()
      },
      onTuningRefused: () => {},
      onDamaged: () => {},
    })
    this.#pair.runConfirmed(image.slot)
  }

  /**
   * One fault, with events coming before, meanwhile and after.
   *
   * @param fault - a signal, or a name of testing/faults.ts
   */
  async run(fault: string): Promise<Run> {
    await this.#whole()
    const descriptors = openDescriptors()
    const [active] = this.#pair.pids
    if (active === undefined) throw new Error('no engine runs')
    const verdict = new Promise<number>((resolve) => {
      this.#onVerdict = () => resolve(performance.now())
    })
    const faultMs = performance.now()
    if (fault === 'clock-jump') this.#wallJumpMs = this.#wallJumpMs === 0 ? LATER_MS * 1e6 : 0
    if (fault.startsWith('SIG')) process.kill(active, fault)
    this.#submit(`${fault}/${active}/`)
    const flow = setInterval(() => this.#submit('nothing'), EVENT_INTERVAL_MS)
    const verdictMs = (await verdict) - faultMs
    clearInterval(flow)
    await this.#whole()
    const leaked = openDescriptors() - descriptors
    const state = leaked > 0 ? `${leaked} descriptors leaked` : this.#stateAfter(active)
    this.#aheadMs += LATER_MS
    return { verdictMs, acknowledgedLost: this.#pair.counters.eventsJudged - this.#seen.size, state }
  }

  async stop(): Promise<void> {
    await this.#pair.stop()
  }

  async #readImage(): Promise<Uint8Array> {
    if (!this.#hasStandby && this.#pair.running) await this.#onDead.promise
    return this.#image.bytes
  }

  #submit(command: string): void {
    this.#pair.submit(events([this.#nextNumber++], command), 1, 0)
  }

  /** Both engines run and are warm, and nothing waits for a verdict. */
  async #whole(): Promise<void> {
    const { counters } = this.#pair
    const isWhole = (): boolean =>
      counters.eventsJudged + counters.eventsDropped === this.#nextNumber &&
      counters.hasAnswered &&
      (this.#hasStandby ? this.#pair.hasStandby && this.#pair.pids.length === 2 : this.#pair.pids.length === 1)
    while (!isWhole()) await setTimeout(LOOK_INTERVAL_MS)
  }

  #stateAfter(failed: number): string {
    if (this.#pair.counters.eventsDropped > 0) return `${this.#pair.counters.eventsDropped} events dropped`
    if (Math.max(...this.#seen.values()) > 1) return 'a verdict twice'
    return this.#pair.pids.includes(failed) ? 'whole, the same engine' : 'whole, a new engine'
  }
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

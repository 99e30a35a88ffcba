import { assert } from '@firebreak/kernel'
import { Arms, type ArmName } from './arms.ts'
import { Bandit, GAIN } from './bandit.ts'
import { Corpus, type CorpusEntry, type Shown } from './corpus.ts'
import { Coverage, NEW_BLOCK, type Novelty } from './coverage.ts'
import { type Finding, Findings } from './findings.ts'
import type { Format } from './format.ts'
import { type Limits, LIMITS_DEFAULT } from './limits.ts'
import { shorten } from './minimise.ts'
import { type Progress, type ProgressPoint, Series } from './progress.ts'
import { Random } from './random.ts'
import type { Dictionary, Outcome, Target } from './target.ts'
import { Words } from './words.ts'

export interface CampaignOptions<Tree> {
  readonly target: Target
  /** Null: inputs are bytes that mean nothing. */
  readonly format: Format<Tree> | null
  /** Inputs to begin with. Without any, the empty input. */
  readonly seeds: readonly Uint8Array[]
  /** Equal seeds, options and numbers of executions give equal corpora and findings. */
  readonly seed: number
  readonly dictionary: Dictionary
  readonly limits?: Partial<Limits>
  /** What this campaign does without, to measure what it is worth. */
  readonly omit?: ReadonlySet<Omission>
}

/** An arm; or that an input which showed something new is kept; or that lengths and checksums are put right. */
export type Omission = ArmName | 'coverage' | 'repair'

/** Before anything is known: who knows the format gets furthest at first. */
const EXPECTED_GAIN: Readonly<Record<ArmName, number>> = { structure: 8, compares: 2, havoc: 1 }
/** Only inputs that grew by so much, and to so many times their length, are made shorter: that costs executions. */
const TRIM = { bytesGrown: 64, timesGrown: 1.5, executionsMax: 16 }
/** What an execution costs of which nothing is known but how long its input is, and beside all that it runs. */
const BLOCKS_PER_BYTE = 2
const BLOCKS_PER_EXECUTION = 128

/** Looks for inputs on which a program breaks a promise. It does nothing by itself: `step` says how long. */
export class Campaign<Tree> {
  readonly #target: Target
  readonly #format: Format<Tree> | null
  readonly #limits: Limits
  readonly #words: Words
  readonly #coverage: Coverage
  readonly #corpus: Corpus
  readonly #findings: Findings<Tree>
  readonly #series = new Series()
  readonly #bandit: Bandit<ArmName>
  readonly #arms: Arms<Tree>
  readonly #feedback: boolean
  #executions = 0
  #accepted = 0
  /** Of the last execution, in blocks. */
  #cost = 0
  #lastFind = 0

  constructor({ target, format, seeds, seed, dictionary, limits, omit = new Set() }: CampaignOptions<Tree>) {
    assert(target.counters.length % 4 === 0, 'counters come in words of four')
    this.#target = target
    this.#format = format
    this.#limits = { ...LIMITS_DEFAULT, ...limits }
    this.#words = new Words(dictionary)
    this.#coverage = new Coverage(target.counters)
    this.#corpus = new Corpus(target.counters.length, this.#limits.corpusEntries, this.#limits.corpusBytes)
    this.#findings = new Findings(target, format, this.#limits)
    this.#feedback = !omit.has('coverage')
    const random = new Random(seed)
    this.#arms = new Arms(
      {
        target,
        format,
        corpus: this.#corpus,
        words: this.#words,
        random,
        inputBytesMax: this.#limits.inputBytes,
      },
      omit,
    )
    this.#bandit = new Bandit(new Map(this.#arms.names.map((arm) => [arm, EXPECTED_GAIN[arm]])))
    for (const input of seeds.length === 0 ? [new Uint8Array(0)] : seeds) this.#plant(input)
  }

  get executions(): number {
    return this.#executions
  }

  /** One of each kind. In the order in which they were found. */
  get findings(): readonly Finding[] {
    return this.#findings.list
  }

  get corpus(): readonly CorpusEntry[] {
    return this.#corpus.entries
  }

  /** How it went, in at most a few hundred points; the last is now. */
  get progress(): Progress {
    return this.#series.until(this.#point())
  }

  /** Goes on for so many executions: a number on which nothing else depends, so it may be cut into steps anyhow. */
  step(executions: number): void {
    for (let left = executions; left > 0; left--) {
      const input = this.#arms.next(this.#bandit, this.#executions - this.#lastFind)
      const gain = this.#execute(input)
      this.#arms.gained(gain, this.#cost)
    }
  }

  /** Makes the inputs of all findings smaller, with at most so many executions for each. They count as no steps. */
  minimise(executionsMax: number): void {
    this.#findings.minimise(executionsMax)
  }

  /** Seeds are kept whatever they show: somebody chose them. */
  #plant(seed: Uint8Array): void {
    const input = seed.slice(0, this.#limits.inputBytes)
    const outcome = this.#run(input)
    if (typeof outcome === 'object') this.#findings.add(outcome, input, this.#executions)
    const novelty = this.#coverage.merge()
    this.#corpus.add(input, this.#executions, this.#shown(input, novelty), this.#format?.sweep !== undefined)
  }

  #run(input: Uint8Array): Outcome {
    this.#coverage.clear()
    this.#executions++
    return this.#target.run(input)
  }

  /** Returns what it gained. */
  #execute(input: Uint8Array): number {
    const outcome = this.#run(input)
    this.#cost = this.#costOf(input)
    this.#series.tick(this.#executions, this.#point)
    if (typeof outcome === 'object') {
      if (this.#findings.add(outcome, input, this.#executions)) this.#lastFind = this.#executions
      return 0
    }
    if (outcome === 'accepted') this.#accepted++
    const novelty = this.#coverage.merge()
    if (novelty === 0 || !this.#feedback) return 0
    return this.#keep(input, novelty)
  }

  #keep(input: Uint8Array, novelty: Novelty): number {
    const foundAt = this.#executions
    const shown = this.#shown(input, novelty)
    if (!this.#corpus.add(this.#trimmed(input.slice(), novelty), foundAt, shown)) return 0
    this.#lastFind = foundAt
    return novelty === NEW_BLOCK ? GAIN.block : GAIN.count
  }

  /** Of the last execution. */
  #shown(input: Uint8Array, novelty: Novelty): Shown {
    return { novelty, ran: this.#coverage.ran(), cost: this.#costOf(input) }
  }

  #costOf(input: Uint8Array): number {
    return BLOCKS_PER_EXECUTION + (this.#target.spent?.() ?? input.length * BLOCKS_PER_BYTE)
  }

  /** What does the same in fewer bytes, as far as a few executions tell: everything that follows is made of it. */
  #trimmed(input: Uint8Array, novelty: Novelty): Uint8Array {
    const before = this.#arms.bytesOfEntry
    if (novelty !== NEW_BLOCK || input.length <= Math.max(before + TRIM.bytesGrown, before * TRIM.timesGrown))
      return input
    const wanted = this.#coverage.signature()
    const keeps = (candidate: Uint8Array): boolean => {
      const outcome = this.#run(candidate)
      if (typeof outcome === 'object') this.#findings.add(outcome, candidate, this.#executions)
      return this.#coverage.signature() === wanted
    }
    return shorten(input, this.#format, keeps, TRIM.executionsMax)
  }

  readonly #point = (): ProgressPoint => ({
    executions: this.#executions,
    accepted: this.#accepted,
    blocks: this.#coverage.blocks,
    corpus: this.#corpus.entries.length,
    findings: this.#findings.list.length,
  })
}

export function createCampaign<Tree>(options: CampaignOptions<Tree>): Campaign<Tree> {
  return new Campaign(options)
}

import type { Bandit } from './bandit.ts'
import type { Corpus, Entry } from './corpus.ts'
import { Draft } from './draft.ts'
import type { Chance, Format } from './format.ts'
import { havoc, havocLevel } from './havoc.ts'
import { inputToState } from './input-to-state.ts'
import type { Compared, Target } from './target.ts'
import type { Words } from './words.ts'

/** Ways to change an input: as the document that it means, by what was compared, blindly. */
export type ArmName = 'structure' | 'compares' | 'havoc'

/** Executions in a row that change one entry in one way; fewer when they are dear. */
const ROUND = { first: 256, later: 128, least: 16, sweep: 64, fullBlocksMax: 1152 }
/** Of so many rounds all but one go on with sweeping the seeds, as long as there are some that were not. */
const UNSWEPT_ONE_IN = 3
/** How much is cut off a seed at most. */
const CUT_BYTES_MAX = 128
/** Entries on which one compared pair is followed, and pairs in all. */
const FOLLOWED_MAX = 3
const FOLLOWED_PAIRS_MAX = 65_536
/** Blind changes after which lengths and checksums are not put right, in one of so many. */
const UNREPAIRED_ONE_IN = 10

interface Surroundings<Tree> extends Chance {
  readonly target: Target
  readonly format: Format<Tree> | null
  readonly corpus: Corpus
  readonly words: Words
  readonly inputBytesMax: number
}

/** What comes of an entry is often refused sooner than itself. */
function roundFor({ cost, work, executions }: Entry): number {
  const full = executions === 0 ? ROUND.first : ROUND.later
  const mean = (cost + work) / (1 + executions)
  return Math.max(ROUND.least, Math.floor(full * Math.min(1, ROUND.fullBlocksMax / mean)))
}

/** The rounds of a campaign: which entry, which arm, and one changed input after another. */
export class Arms<Tree> {
  readonly names: readonly ArmName[]
  readonly #around: Surroundings<Tree>
  readonly #draft: Draft
  readonly #repair: ((input: Uint8Array) => void) | null
  #arm: ArmName = 'havoc'
  #entry: Entry | null = null
  #tree: Tree | null = null
  /** To take parts from, in this round. */
  #other: Tree | null = null
  /** How often a compared pair was followed. */
  readonly #followed = new Map<string, number>()
  /** Of seeds that are being swept, what is left. */
  readonly #sweeps = new Map<Entry, Iterator<Uint8Array>>()
  #sweep: Iterator<Uint8Array> | null = null
  #left = 0
  #done = 0
  #gain = 0

  constructor(around: Surroundings<Tree>, omit: ReadonlySet<string>) {
    const { format, target, inputBytesMax } = around
    const all: readonly ArmName[] = ['structure', 'compares', 'havoc']
    this.names = all.filter(
      (arm) =>
        !omit.has(arm) && (arm !== 'structure' || format !== null) && (arm !== 'compares' || target.trace !== null),
    )
    this.#around = around
    this.#draft = new Draft(inputBytesMax)
    this.#repair = omit.has('repair') ? null : (format?.repair ?? null)
  }

  /** The next input. It is overwritten by the one after it. */
  next(bandit: Bandit<ArmName>, executionsSinceFind: number): Uint8Array {
    for (;;) {
      if (this.#left === 0) this.#begin(bandit)
      this.#left--
      const input = this.#change(executionsSinceFind)
      if (input !== null) {
        this.#done++
        return input
      }
      this.#left = 0
    }
  }

  /** How long the entry is that this round changes. */
  get bytesOfEntry(): number {
    return this.#entry?.bytes.length ?? 0
  }

  /** Of the last input that was handed out. */
  gained(gain: number, cost: number): void {
    this.#gain += gain
    if (this.#entry === null) return
    this.#entry.executions++
    this.#entry.work += cost
  }

  #begin(bandit: Bandit<ArmName>): void {
    const { corpus, random, format } = this.#around
    if (this.#done > 0 && this.#sweep === null) bandit.reward(this.#arm, this.#done, this.#gain)
    const unswept = this.names.includes('structure') && !random.oneIn(UNSWEPT_ONE_IN) ? corpus.unswept() : null
    const entry = unswept ?? corpus.pick(random)
    const tree = format === null || !this.names.includes('structure') ? null : format.decode(entry.bytes)
    if (unswept !== null && tree === null) unswept.isSwept = true // no document: it has no places
    const ready = this.names.filter(
      (arm) => (arm !== 'structure' || tree !== null) && (arm !== 'compares' || !entry.exhausted),
    )
    this.#arm = ready.length === 0 ? 'havoc' : bandit.choose(ready, random)
    this.#sweep = unswept !== null && tree !== null ? this.#sweepOf(unswept, tree) : null
    this.#left = this.#sweep === null ? roundFor(entry) : ROUND.sweep
    this.#entry = entry
    this.#tree = tree
    this.#other = this.#arm === 'structure' && format !== null ? format.decode(corpus.any(random).bytes) : null
    this.#done = 0
    this.#gain = 0
  }

  /** Goes on where the last round of it ended. */
  #sweepOf(entry: Entry, tree: Tree): Iterator<Uint8Array> {
    const sweep = this.#sweeps.get(entry) ?? this.#swept(entry, tree)
    this.#sweeps.set(entry, sweep)
    return sweep
  }

  /** One change in every place; then the entry with its end cut off, and lengths and checksums that say so. */
  *#swept({ bytes }: Entry, tree: Tree): Generator<Uint8Array> {
    const { format, inputBytesMax } = this.#around
    if (format === null) return
    for (const next of format.sweep?.(tree) ?? []) yield format.encode(next).subarray(0, inputBytesMax)
    const most = this.#repair === null ? 0 : Math.min(bytes.length - 1, CUT_BYTES_MAX)
    for (let cut = 1; cut <= most; cut++) {
      this.#draft.set(bytes.subarray(0, bytes.length - cut))
      this.#repair?.(this.#draft.view())
      yield this.#draft.view()
    }
  }

  #nextOfSweep(entry: Entry, sweep: Iterator<Uint8Array>): Uint8Array | null {
    const next = sweep.next()
    if (next.done !== true) return next.value
    entry.isSwept = true
    this.#sweeps.delete(entry)
    return null
  }

  /** Null: nothing is left to try in this round. */
  #change(executionsSinceFind: number): Uint8Array | null {
    const entry = this.#entry
    if (entry === null) return null
    if (this.#sweep !== null) return this.#nextOfSweep(entry, this.#sweep)
    if (this.#arm === 'structure' && this.#tree !== null) return this.#changeTree(entry, this.#tree)
    if (this.#arm === 'compares') return this.#followCompares(entry)
    const { random, words, corpus } = this.#around
    this.#draft.set(entry.bytes)
    havoc(this.#draft, havocLevel(executionsSinceFind, random), random, words, corpus.any(random).bytes)
    return this.#repaired()
  }

  #changeTree(entry: Entry, tree: Tree): Uint8Array | null {
    const { format, random, words, inputBytesMax } = this.#around
    if (format === null) return null
    const compared = this.#comparedOf(entry)
    const other = random.oneIn(4) ? this.#other : null
    const input = format.encode(format.mutate(tree, { random, dictionary: words, compared, other }))
    return input.length <= inputBytesMax ? input : input.subarray(0, inputBytesMax)
  }

  #followCompares(entry: Entry): Uint8Array | null {
    entry.suggestions ??= inputToState(entry.bytes, this.#untried(this.#comparedOf(entry)), this.#draft)
    if (entry.suggestions.next().done !== true) return this.#repaired()
    entry.exhausted = true
    return null
  }

  /** Without pairs that were followed on several entries before: most entries compare what their parents did. */
  #untried(compared: readonly Compared[]): readonly Compared[] {
    return compared.filter(({ a, b }) => {
      const key = `${a} ${b}`
      const tries = this.#followed.get(key) ?? 0
      if (tries === FOLLOWED_MAX || this.#followed.size === FOLLOWED_PAIRS_MAX) return false
      this.#followed.set(key, tries + 1)
      return true
    })
  }

  #repaired(): Uint8Array {
    const input = this.#draft.view()
    const { random } = this.#around
    if (this.#repair !== null && !random.oneIn(UNREPAIRED_ONE_IN)) this.#repair(input)
    return input
  }

  /** What the program compares on this entry; it is traced when that is first asked for. */
  #comparedOf(entry: Entry): readonly Compared[] {
    if (entry.compared !== null) return entry.compared
    const { target, words } = this.#around
    entry.compared = target.trace?.(entry.bytes).compared ?? []
    words.learn(entry.compared)
    return entry.compared
  }
}

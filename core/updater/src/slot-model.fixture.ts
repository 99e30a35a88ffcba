import {
  CRASH_LOOP_DEATHS_MAX,
  CRASH_LOOP_WINDOW_MS,
  FALLBACK_WINDOW_MS,
  FALLBACKS_MAX,
  SAFE_MODE_COOL_DOWN_MS,
  TRIAL_KILLS_MAX,
} from './slots.ts'

/** What a person would say of a host after its history. Images are numbers. */
export interface ModelView {
  readonly trial: number | null
  readonly waiting: number | null
  readonly confirmed: number | null
  readonly lastKnownGood: number | null
  readonly runs: number | null
  readonly mode: 'normal' | 'safe'
  readonly starts: number
}

/**
 * The rules of ADR 7 and ADR 15 once more, as plainly as they can be said: a shelf of trusted images, sets that only grow, lists of
 * times that nobody bounds. Shares constants with the slot machine, and no code.
 */
export class SlotModel {
  nowMs = 1_000_000_000_000
  starts = 0
  boot = ''
  starter: number | null = null
  badStarter: number | null = null
  trial: { image: number; running: boolean; kills: number } | null = null
  /** Trusted, newest first: confirmed, last known good. */
  shelf: number[] = []
  readonly banned = new Set<number>()
  deathsAtMs: number[] = []
  fallsAtMs: number[] = []
  safe: { sinceMs: number; plan: number } | null = null
  plan = 0
  readonly reached = new Set<string>()

  get view(): ModelView {
    const { trial, shelf, safe, starts } = this
    return {
      trial: trial?.running ? trial.image : null,
      waiting: trial && !trial.running ? trial.image : null,
      confirmed: shelf[0] ?? null,
      lastKnownGood: shelf[1] ?? null,
      runs: this.rests,
      mode: safe ? 'safe' : 'normal',
      starts,
    }
  }

  get rests(): number | null {
    const [own, built] = [this.shelf[0] ?? null, this.starter]
    return this.safe ? (built ?? own) : (own ?? built)
  }

  start(boot: string, starter: number | null): void {
    this.#quietly(() => {
      this.starts++
      this.starter = starter === this.badStarter ? null : starter
      if (this.starter !== null) this.reached.add('starter')
      if (this.trial?.running) this.#killTrial(boot === this.boot || this.boot === '' ? 'restarted' : 'rebooted')
      if (this.trial) this.trial.running = false
      this.boot = boot
    })
  }

  offer(image: number, plan: number): void {
    if (this.trial?.running || this.banned.has(image)) return
    const runsShelf = this.safe === null || this.starter === null
    if (runsShelf && this.shelf[0] === image) return
    if (this.safe) {
      if (plan <= this.safe.plan || Math.abs(this.nowMs - this.safe.sinceMs) < SAFE_MODE_COOL_DOWN_MS) return
      this.reached.add('offer in safe mode')
      if (this.shelf[0] === image) this.reached.add('confirmed proves itself again')
    }
    this.plan = Math.max(this.plan, plan)
    this.shelf = this.shelf.filter((one) => one !== image)
    this.trial = { image, running: true, kills: this.trial?.image === image ? this.trial.kills : 0 }
  }

  refuse(): void {
    if (!this.trial) return
    this.banned.add(this.trial.image)
    this.trial = null
    this.reached.add('refused')
  }

  candidateDies(): void {
    this.#quietly(() => {
      if (this.trial?.running) this.#killTrial('died')
    })
  }

  pass(): void {
    if (!this.trial?.running) return
    this.shelf = [this.trial.image, ...this.shelf].slice(0, 2)
    this.trial = null
    this.deathsAtMs = []
    this.reached.add('passed')
    if (this.safe) this.#leave('safe mode ends by a trial')
  }

  restingDies(): void {
    if (this.rests === null) return
    this.deathsAtMs.push(this.nowMs)
    const recent = this.deathsAtMs.filter((at) => Math.abs(this.nowMs - at) <= CRASH_LOOP_WINDOW_MS)
    this.deathsAtMs = recent.slice(-CRASH_LOOP_DEATHS_MAX)
    const runsStarter = this.starter !== null && (this.safe !== null || this.shelf.length === 0)
    const [looping = null, older = null] = this.shelf
    const other = older ?? (this.starter === looping ? null : this.starter)
    if (recent.length < CRASH_LOOP_DEATHS_MAX || runsStarter || looping === null || other === null) return
    this.reached.add(older === null ? 'crash loop to the starter' : 'crash loop')
    this.#quietly(() => {
      this.shelf = this.shelf.slice(1)
      this.#fall(looping)
    })
  }

  recall(images: readonly number[]): void {
    this.#quietly(() => {
      for (const image of images) this.banned.add(image)
      if (this.starter !== null && images.includes(this.starter)) {
        this.badStarter = this.starter
        this.reached.add('starter recalled')
      }
      this.#lose(images)
    })
  }

  damage(image: number): void {
    this.#quietly(() => this.#lose([image]))
  }

  resume(): void {
    this.#quietly(() => {
      if (this.safe) this.#leave('safe mode ends by a word')
    })
  }

  /** Whatever changes what rests, its deaths are forgotten: they were another's. */
  #quietly(change: () => void): void {
    const before = this.rests
    change()
    if (this.rests !== before) this.deathsAtMs = []
  }

  #lose(images: readonly number[]): void {
    if (this.trial && images.includes(this.trial.image)) this.trial = null
    if (this.starter !== null && images.includes(this.starter)) this.starter = null
    this.shelf = this.shelf.filter((one) => !images.includes(one))
  }

  #killTrial(how: string): void {
    const { trial } = this
    if (!trial) return
    trial.kills++
    if (trial.kills < TRIAL_KILLS_MAX) return
    this.reached.add(`fell back: ${how}`)
    this.trial = null
    this.#fall(trial.image)
  }

  #fall(image: number): void {
    this.banned.add(image)
    this.fallsAtMs.push(this.nowMs)
    // Of old ones the machine remembers FALLBACKS_MAX: more says nothing more.
    this.fallsAtMs = this.fallsAtMs
      .filter((at) => Math.abs(this.nowMs - at) <= FALLBACK_WINDOW_MS)
      .slice(-FALLBACKS_MAX)
    if (this.safe === null && this.fallsAtMs.length < FALLBACKS_MAX) return
    this.reached.add(this.safe ? 'falls in safe mode' : 'safe mode')
    this.safe = { sinceMs: this.nowMs, plan: this.plan }
    if (this.trial) {
      if (this.trial.running) this.reached.add('safe mode ends a trial')
      this.trial.running = false
    }
  }

  #leave(how: string): void {
    this.reached.add(how)
    this.safe = null
    this.fallsAtMs = []
  }
}

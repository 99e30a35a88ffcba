/** The parts of a run, with the share of its time that each takes on the starter pack, in percent. For the estimate only. */
export const PARTS = {
  read: 3,
  judge: 5,
  execution: 25,
  cost: 10,
  fuzz: 35,
  'self-test': 20,
  report: 2,
} as const
export type PartName = keyof typeof PARTS

/** No estimate before so much is done: it would be a guess. */
const SHARE_MIN = 0.05

/** How far the parts of a run are; they run side by side. */
export class Estimate {
  readonly #done = new Map<PartName, number>()
  readonly #startedAtMs: number

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs
  }

  /** @param share - of this part, 0 to 1; never falls */
  set(part: PartName, share: number): void {
    this.#done.set(part, Math.max(this.#done.get(part) ?? 0, Math.min(1, share)))
  }

  /** Of the whole run, 0 to 1. */
  get doneShare(): number {
    const parts = Object.entries(PARTS) as readonly (readonly [PartName, number])[]
    const total = parts.reduce((sum, [, weight]) => sum + weight, 0)
    return parts.reduce((sum, [part, weight]) => sum + weight * (this.#done.get(part) ?? 0), 0) / total
  }

  /** As if the rest went as fast as what is done; null while that is a guess. */
  leftSeconds(nowMs: number): number | null {
    const share = this.doneShare
    if (share < SHARE_MIN) return null
    return Math.ceil(((nowMs - this.#startedAtMs) / 1_000) * ((1 - share) / share))
  }
}

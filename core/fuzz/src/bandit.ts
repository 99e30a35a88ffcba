import type { Random } from './random.ts'

/** What a find is worth: a block that never ran, against another number of times. */
export const GAIN = { block: 8, count: 1 }
/** As if each arm had gained something in so many executions before: it is tried, and one find is not everything. */
const PRIOR_EXECUTIONS = 1024
/** After so many executions of an arm half of what it did is forgotten: what helped early may help no more. */
const MEMORY_EXECUTIONS = 16_384
/** One choice in so many ignores the record. */
const ANY_ONE_IN = 8

interface Record {
  gain: number
  executions: number
}

/** Which way to change inputs is worth its executions: chosen in proportion to what it lately gained for each. */
export class Bandit<Arm extends string> {
  readonly #records = new Map<Arm, Record>()

  /** @param gains - what each arm is expected to gain at first */
  constructor(gains: ReadonlyMap<Arm, number>) {
    for (const [arm, gain] of gains) this.#records.set(arm, { gain, executions: PRIOR_EXECUTIONS })
  }

  choose(ready: readonly Arm[], random: Random): Arm {
    if (random.oneIn(ANY_ONE_IN)) return random.pick(ready)
    const rates = ready.map((arm) => this.#rate(arm))
    let left = (random.word() / 2 ** 32) * rates.reduce((sum, rate) => sum + rate, 0)
    for (const [i, rate] of rates.entries()) {
      left -= rate
      if (left < 0) return ready[i] as Arm
    }
    return ready.at(-1) as Arm
  }

  reward(arm: Arm, executions: number, gain: number): void {
    const record = this.#records.get(arm)
    if (record === undefined) return
    record.executions += executions
    record.gain += gain
    if (record.executions < MEMORY_EXECUTIONS) return
    record.executions /= 2
    record.gain = Math.max(record.gain / 2, 1 / 16)
  }

  #rate(arm: Arm): number {
    const record = this.#records.get(arm)
    return record === undefined ? 0 : record.gain / record.executions
  }
}

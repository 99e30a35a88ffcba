import { addTick, logMixture, noTerms, RATIOS_MORE } from './hazard-ratio.ts'
import { logKnownRate } from './known-rate.ts'
import { type Chance, chanceOf } from './null-world.fixture.ts'

/** How often hosts are struck, at one observation of each. */
export interface Fault {
  readonly usual: number
  readonly bad: number
}

/** A run that takes longer is as good as one that never ends. */
const OBSERVATIONS_MAX = 5_000_000
const CONTROL_TIMES = 10
/** So many hosts that those struck are not missed. */
const ARMS = { exposedAtRisk: 1_000_000, controlAtRisk: 1_000_000 * CONTROL_TIMES, exposedToCome: 0, controlToCome: 0 }

/** Exposed hosts observed until the evidence is `bar`: the median of `runs`. Each next to ten of the control, looked at after each. */
export function observationsCompared({ usual, bad }: Fault, bar: number, runs: number): number {
  return medianOf(runs, (chance) => {
    const next = [bad, usual].map((rate, arm) => gapsOf(rate * (arm === 0 ? 1 : CONTROL_TIMES), chance))
    const at = next.map((gap) => gap())
    let terms = noTerms(RATIOS_MORE)
    for (;;) {
      const now = Math.min(at[0] ?? 0, at[1] ?? 0)
      if (now > OBSERVATIONS_MAX) return now
      const events = at.map((time) => (time === now ? 1 : 0))
      terms = addTick(terms, RATIOS_MORE, { ...ARMS, exposedEvents: events[0] ?? 0, controlEvents: events[1] ?? 0 })
      if (logMixture(terms) >= Math.log(bar)) return now
      for (const [arm, gap] of next.entries()) if (at[arm] === now) at[arm] = now + gap()
    }
  })
}

/** The same for a signal that only hosts with the release can have, against the rate `usual` that a policy states. */
export function observationsAgainstRate({ usual, bad }: Fault, bar: number, runs: number): number {
  return medianOf(runs, (chance) => {
    const gap = gapsOf(bad, chance)
    for (let events = 1, now = gap(); ; events++, now += gap()) {
      if (logKnownRate(events, now, usual) >= Math.log(bar) || now > OBSERVATIONS_MAX) return now
    }
  })
}

/** Observations from one event to the next; of rare events, a draw may be of several hosts. */
function gapsOf(rate: number, chance: Chance): () => number {
  if (rate >= 1) return () => 1
  const log = Math.log1p(-rate)
  return () => 1 + Math.floor(Math.log(1 - chance()) / log)
}

function medianOf(runs: number, run: (chance: Chance) => number): number {
  const counts = Array.from({ length: runs }, (_, i) => run(chanceOf(i + 1))).toSorted((a, b) => a - b)
  return counts[Math.floor(runs / 2)] ?? Number.NaN
}

import type { Run, SeriesPoint } from '../peers/peer.ts'
import { NEVER_S, type Trace } from './trace.ts'

/** Points of a curve, beside those at which exposure grew. */
const POINTS = 120

/** The world's own account of one rollout: who ran the release, and whom it harmed, noticed or not. */
export class Harm {
  readonly #trace: Trace
  readonly #installedS: Int32Array
  readonly #harmedS: Int32Array
  readonly #steps: { readonly tS: number; readonly exposed: number }[] = []

  constructor(trace: Trace) {
    this.#trace = trace
    this.#installedS = new Int32Array(trace.hosts).fill(NEVER_S)
    this.#harmedS = new Int32Array(trace.hosts).fill(NEVER_S)
  }

  installed(host: number, atS: number): void {
    this.#installedS[host] = Math.min(this.#installedS[host] ?? NEVER_S, atS)
  }

  /** It would be harmed then, if nobody stopped the rollout before. */
  add(host: number, atS: number): void {
    this.#harmedS[host] = Math.min(this.#harmedS[host] ?? NEVER_S, atS)
    if ((this.#installedS[host] ?? NEVER_S) > atS) this.#installedS[host] = atS
  }

  runs(host: number, atS: number): boolean {
    return (this.#installedS[host] ?? NEVER_S) <= atS
  }

  exposed(tS: number, hosts: number): void {
    this.#steps.push({ tS, exposed: hosts })
  }

  /**
   * A policy that stops also withdraws: a host that asks for the plan after that does not install, and one that runs the release and is
   * alive goes back. That is more than some products do by themselves.
   */
  run(stop: { readonly atS: number; readonly why: string } | null): Run {
    const endS = this.#trace.scenario.horizonSeconds
    const harmedS = this.#times(stop?.atS ?? null, endS)
    const exposed = this.#steps.at(-1)?.exposed ?? 0
    const all = this.#steps.find((step) => step.exposed >= this.#trace.hosts)
    const first = harmedS[0]
    return {
      stoppedAtS: stop?.atS ?? null,
      why: stop?.why ?? null,
      exposed,
      harmed: harmedS.length,
      haltSeconds: stop === null || first === undefined || first > stop.atS ? null : stop.atS - first,
      hours: all === undefined ? null : all.tS / 3_600,
      series: this.#series(harmedS, endS),
    }
  }

  /** When hosts were harmed, in order. */
  #times(stopS: number | null, endS: number): Int32Array {
    const { rings, scenario } = this.#trace
    const times = new Int32Array(this.#trace.hosts)
    let count = 0
    for (const { from, to, pollSeconds } of rings) {
      for (let host = from; host < to; host++) {
        const atS = this.#harmedS[host] ?? NEVER_S
        if (atS > endS) continue
        const askedS = (this.#installedS[host] ?? NEVER_S) - scenario.fleet.installSeconds
        if (stopS !== null && (askedS >= stopS || atS > this.#trace.pollS(host, stopS, pollSeconds))) continue
        times[count++] = atS
      }
    }
    return times.subarray(0, count).toSorted()
  }

  #series(harmedS: Int32Array, endS: number): readonly SeriesPoint[] {
    const atS = [
      ...Array.from({ length: POINTS + 1 }, (_, i) => Math.round((i * endS) / POINTS)),
      ...this.#steps.map(({ tS }) => tS),
    ]
    const points: SeriesPoint[] = []
    let [step, harmed] = [-1, 0]
    for (const tS of [...new Set(atS)].toSorted((a, b) => a - b)) {
      while ((this.#steps[step + 1]?.tS ?? NEVER_S) <= tS) step++
      while ((harmedS[harmed] ?? NEVER_S) <= tS) harmed++
      points.push({ tS, exposed: this.#steps[step]?.exposed ?? 0, harmed })
    }
    return points
  }
}

/** How far a campaign was at one moment. */
export interface ProgressPoint {
  readonly executions: number
  /** Executions that were accepted, of them. */
  readonly accepted: number
  /** Blocks that ran at least once. */
  readonly blocks: number
  readonly corpus: number
  readonly findings: number
}

export type Progress = readonly ProgressPoint[]

const POINTS_MAX = 256

/** Points at even distances. When there are too many, every second is dropped, and the distance doubles. */
export class Series {
  #points: ProgressPoint[] = []
  #every = 16
  #next = 16

  tick(executions: number, point: () => ProgressPoint): void {
    if (executions < this.#next) return
    this.#points.push(point())
    if (this.#points.length === POINTS_MAX) {
      this.#points = this.#points.filter((_, i) => i % 2 === 1)
      this.#every *= 2
    }
    this.#next = executions - (executions % this.#every) + this.#every
  }

  until(now: ProgressPoint): Progress {
    return this.#points.at(-1)?.executions === now.executions ? [...this.#points] : [...this.#points, now]
  }
}

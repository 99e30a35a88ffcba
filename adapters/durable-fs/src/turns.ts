/** Runs one piece of work at a time, in the order of the calls. One that fails does not stop the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** True when nothing runs and nothing waits. */
  get idle(): boolean {
    return this.#waiting === 0
  }

  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++
    const turn = this.#last.then(work).finally(() => this.#waiting--)
    this.#last = turn.catch(() => {})
    return turn
  }
}

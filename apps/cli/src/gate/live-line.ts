const CLEAR_LINE = '\r\u001B[K'
const BAR_CELLS = 24

/** One line that is drawn again and again, on a terminal only: how far the gate is, and how long it will take. */
export class LiveLine {
  readonly #out: NodeJS.WriteStream

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  draw(doneShare: number, leftSeconds: number | null, what: string): void {
    if (!this.#out.isTTY) return
    const full = Math.round(BAR_CELLS * doneShare)
    const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
    const left = leftSeconds === null ? '' : `, about ${leftSeconds} s left`
    this.#out.write(`${CLEAR_LINE}    ${bar} ${Math.floor(100 * doneShare)} %${left}: ${what}`)
  }

  clear(): void {
    if (this.#out.isTTY) this.#out.write(CLEAR_LINE)
  }
}

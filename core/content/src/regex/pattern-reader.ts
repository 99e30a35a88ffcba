import { syntaxError } from './syntax.ts'

/** A cursor over a pattern, by code point. The pattern is the author's: hostile until parsed. */
export class PatternReader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** Of the next character, in UTF-16 units from 1. */
  get column(): number {
    return this.#at + 1
  }

  get atEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  /** The next code point as a string, '' at the end. */
  peek(): string {
    const code = this.#pattern.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  next(): string {
    const character = this.peek()
    this.#at += character.length
    return character
  }

  startsWith(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at)
  }

  /** Skips `text` if it comes next. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false
    this.#at += text.length
    return true
  }

  /** Skips what `sticky` matches here, and returns the match. Patterns given here must run in linear time. */
  match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#pattern)
    if (found) this.#at += found[0].length
    return found
  }

  expect(text: string, what: string): void {
    if (!this.take(text)) throw syntaxError(this.column, `expected ${what}`)
  }
}

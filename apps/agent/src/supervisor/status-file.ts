import { rename, writeFile } from 'node:fs/promises'

/**
 * A file for people to look at: replaced whole, one write at a time, the newest text last. Not durable, and of no consequence
 * when it can't be written.
 */
export class StatusFile {
  readonly #path: string
  #written = ''
  #wanted = ''
  #isWriting = false

  constructor(path: string) {
    this.#path = path
  }

  write(text: string): void {
    this.#wanted = text
    if (!this.#isWriting) void this.#catchUp()
  }

  async #catchUp(): Promise<void> {
    this.#isWriting = true
    while (this.#written !== this.#wanted) {
      const text = this.#wanted
      try {
        await writeFile(`${this.#path}.new`, text, { mode: 0o600 })
        await rename(`${this.#path}.new`, this.#path)
      } catch {
        // The next change tries again.
      }
      this.#written = text
    }
    this.#isWriting = false
  }
}

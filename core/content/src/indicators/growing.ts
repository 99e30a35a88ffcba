const START = 64

/** Words whose number is not known before. */
export class GrowingWords {
  #words = new Uint32Array(START)
  #length = 0

  push(word: number): void {
    if (this.#length === this.#words.length) {
      const grown = new Uint32Array(2 * this.#length)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[this.#length++] = word
  }

  /** What there is now; later words are not in it. */
  view(): Uint32Array {
    return this.#words.subarray(0, this.#length)
  }
}

/** Bytes whose number is not known before. */
export class GrowingBytes {
  #bytes = new Uint8Array(START)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + bytes.length))
      grown.set(this.view())
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What there is now; later bytes are not in it. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

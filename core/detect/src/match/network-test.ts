import { NETWORK_WORDS, parseAddress } from '@firebreak/content'

/** `::ffff:0:0`, behind which IPv4 lies. */
const MAPPED_IPV4: readonly number[] = [0, 0, 0xffff]
const WORD_BITS = 32

/** Tells whether an address lies in one of some networks, which are NETWORK_WORDS words of `values` each. */
export class NetworkTest {
  readonly #values: Uint32Array
  readonly #address = new Uint32Array(NETWORK_WORDS - 1)

  constructor(values: Uint32Array) {
    this.#values = values
  }

  /** False for what is no address. */
  holds(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    const family = parseAddress(bytes, from, to, this.#address)
    if (family === 0) return false
    if (family === 4) this.#address.set(MAPPED_IPV4)
    for (let at = first; at < end; at += NETWORK_WORDS) if (this.#isIn(at)) return true
    return false
  }

  #isIn(at: number): boolean {
    const bits = this.#values[at + NETWORK_WORDS - 1] as number
    for (let i = 0; i < NETWORK_WORDS - 1; i++) {
      const kept = Math.min(WORD_BITS, bits - WORD_BITS * i)
      if (kept <= 0) return true
      const mask = kept === WORD_BITS ? 0xffffffff : ~(0xffffffff >>> kept)
      if ((((this.#address[i] as number) ^ (this.#values[at + i] as number)) & mask) !== 0) return false
    }
    return true
  }
}

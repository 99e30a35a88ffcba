import { prefixMask } from './address.ts'
import { LINK_PREFIX_BITS, NO_PARENT } from './tables.ts'

/**
 * The links of networks that are sorted by address and length. Sorted so, a network comes after those around it, and
 * before everything in it: a stack of the networks that are still open has the parent of each on top.
 */
export function linkNetworks(addresses: Uint32Array, prefixes: Uint8Array, keyWords: number): Uint32Array {
  const links = new Uint32Array(prefixes.length)
  const parents = new NetworkParents(addresses, keyWords)
  for (const [i, prefix] of prefixes.entries())
    links[i] = ((parents.next(i, prefix) << LINK_PREFIX_BITS) | prefix) >>> 0
  return links
}

/** Deeper than there are lengths of prefixes nothing can nest. */
const DEPTH_MAX = 128

/** Finds the parent of each network of a sorted table, in one pass and without more memory than one stack. */
export class NetworkParents {
  readonly #addresses: Uint32Array
  readonly #keyWords: number
  readonly #open: Uint32Array = new Uint32Array(DEPTH_MAX)
  readonly #prefixes: Uint8Array = new Uint8Array(DEPTH_MAX)
  #depth = 0

  constructor(addresses: Uint32Array, keyWords: number) {
    this.#addresses = addresses
    this.#keyWords = keyWords
  }

  /** The innermost network around network `i`, or NO_PARENT; `i` has to be called in order. */
  next(i: number, prefix: number): number {
    while (this.#depth > 0) {
      const top = this.#depth - 1
      if (this.#contains(this.#open[top] ?? 0, this.#prefixes[top] ?? 0, i)) break
      this.#depth--
    }
    const parent = this.#depth === 0 ? NO_PARENT : (this.#open[this.#depth - 1] ?? NO_PARENT)
    this.#open[this.#depth] = i
    this.#prefixes[this.#depth] = prefix
    this.#depth++
    return parent
  }

  #contains(network: number, prefix: number, i: number): boolean {
    for (let k = 0; k < this.#keyWords; k++) {
      const mask = prefixMask(prefix - 32 * k)
      const difference =
        (this.#addresses[this.#keyWords * network + k] ?? 0) ^ (this.#addresses[this.#keyWords * i + k] ?? 0)
      if ((difference & mask) !== 0) return false
    }
    return true
  }
}

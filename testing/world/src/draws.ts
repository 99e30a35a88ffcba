/**
 * Random numbers by counter: a draw is a function of the seed, what it is for, and two counters. Nothing is stored, any draw can be had
 * in any order, and one more draw for one purpose changes no other. 32-bit integer arithmetic only, so every machine draws the same.
 */
export class Draws {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = mixed(seed ^ 0x9e3779b9)
  }

  /** @param purpose - a short text; different texts give independent draws */
  of(purpose: string): Draw {
    let key = this.#seed
    for (let i = 0; i < purpose.length; i++) key = mixed(key ^ Math.imul(purpose.charCodeAt(i) + i, 0x01000193))
    return (a, b = 0) => mixed(a + mixed(b + key))
  }
}

/** A whole number from 0 to 2^32 - 1, uniform, by up to two counters. */
export type Draw = (a: number, b?: number) => number

const DRAWS = 2 ** 32
const PPM = 1_000_000

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): each bit of the input changes half of those of the output. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** From 0 to 999,999. The product is below 2^53: exact. */
export function ppmOf(draw: number): number {
  return Math.floor((draw * PPM) / DRAWS)
}

/** From 0 to `below` - 1; `below` at most 2^21. */
export function within(draw: number, below: number): number {
  return Math.floor((draw * below) / DRAWS)
}

/** Exponentially distributed, as a whole number. */
export function exponential(draw: number, mean: number): number {
  return Math.round(-mean * Math.log((draw + 0.5) / DRAWS))
}

/** Which part of a whole a draw falls into, by the parts' shares. @param cumulativePpm - growing, the last one is everybody */
export function partOf(draw: number, cumulativePpm: readonly number[]): number {
  const at = ppmOf(draw)
  for (let part = 0; part < cumulativePpm.length - 1; part++) if (at < (cumulativePpm[part] ?? PPM)) return part
  return cumulativePpm.length - 1
}

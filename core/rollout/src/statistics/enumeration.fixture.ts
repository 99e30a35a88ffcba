/** Exact arithmetic for tests, on whole numbers: it shares no code with what it checks. */

export function binomial(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n
  let product = 1n
  for (let i = 1; i <= Math.min(k, n - k); i++) product = (product * BigInt(n - i + 1)) / BigInt(i)
  return product
}

/** The natural logarithm of a whole number of any size, to a double. */
export function logOf(number: bigint): number {
  const bits = number.toString(2).length
  const dropped = Math.max(0, bits - 60)
  return Math.log(Number(number >> BigInt(dropped))) + dropped * Math.LN2
}

export interface Drawn {
  readonly exposed: number
  readonly logChance: number
}

/** How many of `struck` hosts drawn from both arms are exposed: each possible number with its chance. */
export function hypergeometric(exposed: number, control: number, struck: number): readonly Drawn[] {
  const all = logOf(binomial(exposed + control, struck))
  const drawn: Drawn[] = []
  for (let k = Math.max(0, struck - control); k <= Math.min(struck, exposed); k++) {
    drawn.push({ exposed: k, logChance: logOf(binomial(exposed, k)) + logOf(binomial(control, struck - k)) - all })
  }
  return drawn
}

/** All ways to choose `count` of `n` places, each as a mask. */
export function choices(n: number, count: number): readonly number[] {
  return Array.from({ length: 2 ** n }, (_, mask) => mask).filter((mask) => bitsOf(mask) === count)
}

function bitsOf(mask: number): number {
  return mask === 0 ? 0 : (mask & 1) + bitsOf(mask >>> 1)
}

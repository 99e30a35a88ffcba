/** From here on Stirling's series with four corrections is exact to a double. */
const STIRLING_FROM = 16

/** The natural logarithm of n!, n a whole number from 0. */
export function logFactorial(n: number): number {
  if (n < STIRLING_FROM) {
    let product = 1
    for (let k = 2; k <= n; k++) product *= k
    return Math.log(product)
  }
  const square = n * n
  const corrections = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / n
  return (n + 1 / 2) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + corrections
}

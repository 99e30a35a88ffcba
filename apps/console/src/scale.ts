/** A logarithmic axis, as shares of its width: 0 is its left end, 1 its right. Pure. */
export interface LogScale {
  /** Where `value` stands, kept within the axis; what is not above 0 stands at its left end. */
  readonly at: (value: number) => number
  /** The powers of ten on it, from left to right. */
  readonly ticks: readonly number[]
}

const TICKS_MAX = 7

/** @param to - above `from`, which is above 0 */
export function logScale(from: number, to: number): LogScale {
  const [low, high] = [Math.log10(from), Math.log10(to)]
  const at = (value: number) => (value > 0 ? Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low))) : 0)
  const first = Math.ceil(low - 1e-9)
  const count = Math.floor(high + 1e-9) - first + 1
  const step = Math.ceil(count / TICKS_MAX)
  const ticks = Array.from({ length: Math.ceil(count / step) }, (_, i) => 10 ** (first + i * step))
  return { at, ticks }
}

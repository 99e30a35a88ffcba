import { type Comparison, type ComparisonOperator, type CorrelationType, isMetric } from './ast.ts'
import { WINDOW_ENTRIES_MAX } from './limits.ts'

/** Whether all comparisons hold. Of NaN, the value of a window with nothing to compute, none that verified content has does. */
export function holds(comparisons: readonly Comparison[], value: number): boolean {
  for (const { operator, threshold } of comparisons) if (!compare(operator, value, threshold)) return false
  return true
}

function compare(operator: ComparisonOperator, value: number, threshold: number): boolean {
  switch (operator) {
    case 'eq':
      return value === threshold
    case 'gt':
      return value > threshold
    case 'gte':
      return value >= threshold
    case 'lt':
      return value < threshold
    case 'lte':
      return value <= threshold
    case 'neq':
      return !Number.isNaN(value) && value !== threshold
    default:
      return false
  }
}

/**
 * Why a condition makes no sense for its type, or null. A condition has to be false while nothing happens and has to be able
 * to become true: else it would fire at the first event, or never.
 *
 * @param rules - how many rules the correlation refers to
 */
export function conditionFault(
  type: CorrelationType,
  comparisons: readonly Comparison[],
  rules: number,
): string | null {
  const isBounded = comparisons.some(({ operator }) => operator === 'eq' || operator === 'gt' || operator === 'gte')
  if (!isBounded) return 'without a lower bound (gt, gte or eq) it would hold at the first event'
  if (isContradiction(comparisons)) return 'its comparisons exclude each other'
  if (isMetric(type)) return null
  if (holds(comparisons, 0)) return 'it would hold with no event at all'
  const largest = type === 'temporal' || type === 'temporal_ordered' ? rules : WINDOW_ENTRIES_MAX - 1
  if (comparisons.some(({ threshold }) => threshold > WINDOW_ENTRIES_MAX - 1)) {
    return `a window keeps ${WINDOW_ENTRIES_MAX} entries, so counts are compared with at most ${WINDOW_ENTRIES_MAX - 1}`
  }
  return canCount(comparisons, largest) ? null : `no count from 1 to ${largest} meets it`
}

function isContradiction(comparisons: readonly Comparison[]): boolean {
  const bound = (operators: readonly ComparisonOperator[]): readonly Comparison[] =>
    comparisons.filter(({ operator }) => operators.includes(operator))
  return bound(['eq', 'gt', 'gte']).some((low) =>
    comparisons.some((other) => {
      if (other === low) return false
      if (low.operator === 'eq') return !compare(other.operator, low.threshold, other.threshold)
      if (other.operator === 'lte' && low.operator === 'gte') return other.threshold < low.threshold
      return (other.operator === 'lt' || other.operator === 'lte') && other.threshold <= low.threshold
    }),
  )
}

/** Whole numbers next to a threshold are the only ones at which a condition can begin to hold. */
function canCount(comparisons: readonly Comparison[], largest: number): boolean {
  const near = comparisons.flatMap(({ threshold }) => [-2, -1, 0, 1, 2].map((step) => Math.floor(threshold) + step))
  return near.some((count) => count >= 1 && count <= largest && holds(comparisons, count))
}

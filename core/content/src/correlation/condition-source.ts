import type { Position } from '../errors.ts'
import { describe, entry, type Problems } from '../problems.ts'
import type { MappingEntry, MappingNode, SourceNode } from '../source.ts'
import {
  type Comparison,
  COMPARISON_OPERATORS,
  type ComparisonOperator,
  type CorrelationType,
  readsField,
} from './ast.ts'
import { conditionFault } from './condition.ts'
import { COMPARISONS_MAX, VALUE_FIELDS_MAX } from './limits.ts'
import { readNames } from './names.ts'

export interface ConditionBody {
  readonly comparisons: readonly Comparison[]
  readonly fields: readonly string[]
  readonly percentile: number | null
}

/**
 * Reads `condition`. A temporal correlation may leave it out: all of its rules are then needed.
 *
 * @param rules - how many rules the correlation refers to
 */
export function readCondition(
  correlation: MappingNode,
  type: CorrelationType,
  rules: number,
  problems: Problems,
): ConditionBody | null {
  const node = entry(correlation, 'condition')
  if (node === null) {
    if (type === 'temporal' || type === 'temporal_ordered') {
      return { comparisons: [{ operator: 'gte', threshold: rules }], fields: [], percentile: null }
    }
    return problems.add('content/schema', `Cannot read correlation: ${type} needs a condition`, correlation.at)
  }
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    return fault('an expression over rules is not of Sigma 2.1.0', node.at, problems)
  }
  const map = problems.mapping(node, 'condition')
  if (map === null) return null
  const comparisons = readComparisons(map, problems)
  const fields = readFields(map, type, problems)
  const percentile = readPercentile(map, type, problems)
  if (comparisons === null || fields === null || Number.isNaN(percentile)) return null
  const why = conditionFault(type, comparisons, rules)
  return why === null ? { comparisons, fields, percentile } : fault(why, map.at, problems)
}

function readComparisons(map: MappingNode, problems: Problems): readonly Comparison[] | null {
  const found = map.entries.flatMap((one) => readComparison(one, problems) ?? [])
  if (found.length > 0 && found.length <= COMPARISONS_MAX) {
    return COMPARISON_OPERATORS.flatMap((name) => found.filter(({ operator }) => operator === name))
  }
  const expected = `one or two of ${COMPARISON_OPERATORS.join(', ')}`
  return fault(`expected ${expected}, found ${found.length}`, map.at, problems)
}

/** Null for a key that is no operator; it is reported unless it is one of the condition's others. */
function readComparison({ key, keyAt, value }: MappingEntry, problems: Problems): Comparison | null {
  const operator: ComparisonOperator | undefined = COMPARISON_OPERATORS.find((one) => one === key)
  if (operator === undefined) {
    return key === 'field' || key === 'percentile' ? null : fault(`unknown key ${key.slice(0, 60)}`, keyAt, problems)
  }
  const threshold = number(value)
  if (threshold !== null) return { operator, threshold }
  return fault(`${key} expected a number, found ${describe(value)}`, value.at, problems)
}

function readFields(map: MappingNode, type: CorrelationType, problems: Problems): readonly string[] | null {
  const node = entry(map, 'field')
  if (!readsField(type)) return node === null ? [] : fault(`${type} reads no field`, node.at, problems)
  if (node === null) return fault(`${type} needs a field`, map.at, problems)
  const fields = readNames(node, 'field', VALUE_FIELDS_MAX, problems)
  if (fields.length === 0) return fault(`${type} needs a field`, node.at, problems)
  if (type === 'value_count' || fields.length === 1) return fields
  return fault(`${type} computes with one field, found ${fields.length}`, node.at, problems)
}

/** NaN when it is wrong, which is then reported. */
function readPercentile(map: MappingNode, type: CorrelationType, problems: Problems): number | null {
  const node = entry(map, 'percentile')
  if (type !== 'value_percentile') {
    if (node === null) return null
    fault(`${type} has no percentile`, node.at, problems)
    return Number.NaN
  }
  const percentile = node === null ? null : number(node)
  if (percentile !== null && percentile >= 0 && percentile <= 100) return percentile
  // The specification names no default and its example means something else, so no guess is made.
  fault('value_percentile needs percentile, a number from 0 to 100', node?.at ?? map.at, problems)
  return Number.NaN
}

/** Finite, and never -0, so that a number has one form in the image. */
function number(node: SourceNode): number | null {
  if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isFinite(node.value)) return null
  return node.value === 0 ? 0 : node.value
}

function fault(why: string, at: Position, problems: Problems): null {
  return problems.add('content/correlation', `Cannot read condition: ${why}`, at)
}

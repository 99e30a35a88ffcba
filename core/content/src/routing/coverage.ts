import type { LogSource } from '../sigma/ast.ts'
import { canFire, type FireVerdict, type JudgedRule } from './can-fire.ts'
import { describeSource } from './route.ts'
import type { SensorContract } from './sensor.ts'

/** Which rules of a pack can fire on a sensor. Every rule is in it once: none is lost silently. */
export interface CoverageReport<Rule extends JudgedRule = JudgedRule> {
  readonly sensor: string
  readonly rules: number
  readonly canFire: number
  /** By log source, in the order of its description. */
  readonly rows: readonly CoverageRow<Rule>[]
}

export interface CoverageRow<Rule extends JudgedRule = JudgedRule> {
  readonly logsource: LogSource
  readonly rules: number
  readonly canFire: number
  readonly cannot: readonly { readonly rule: Rule; readonly verdict: CannotFire }[]
}

export type CannotFire = Extract<FireVerdict, { fires: false }>

export function reportCoverage<Rule extends JudgedRule>(
  rules: readonly Rule[],
  sensor: SensorContract,
): CoverageReport<Rule> {
  const bySource = Map.groupBy(rules, ({ logsource }) => describeSource(logsource))
  const rows = [...bySource].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => coverageRow(group, sensor))
  const firing = rows.reduce((sum, row) => sum + row.canFire, 0)
  return { sensor: sensor.name, rules: rules.length, canFire: firing, rows }
}

function coverageRow<Rule extends JudgedRule>(group: readonly Rule[], sensor: SensorContract): CoverageRow<Rule> {
  const cannot: CoverageRow<Rule>['cannot'][number][] = []
  for (const rule of group) {
    const verdict = canFire(rule, sensor)
    if (!verdict.fires) cannot.push({ rule, verdict })
  }
  const logsource = group[0]?.logsource ?? { category: null, product: null, service: null }
  return { logsource, rules: group.length, canFire: group.length - cannot.length, cannot }
}

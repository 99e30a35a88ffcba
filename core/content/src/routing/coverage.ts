import type { LogSource, SigmaRule } from '../sigma/ast.ts'
import { canFire, type FireVerdict } from './can-fire.ts'
import { describeSource } from './route.ts'
import type { SensorContract } from './sensor.ts'

/** Which rules of a pack can fire on a sensor. Every rule is in it once: none is lost silently. */
export interface CoverageReport {
  readonly sensor: string
  readonly rules: number
  readonly canFire: number
  /** By log source, in the order of its description. */
  readonly rows: readonly CoverageRow[]
}

export interface CoverageRow {
  readonly logsource: LogSource
  readonly rules: number
  readonly canFire: number
  readonly cannot: readonly { readonly rule: SigmaRule; readonly verdict: CannotFire }[]
}

export type CannotFire = Extract<FireVerdict, { fires: false }>

export function reportCoverage(rules: readonly SigmaRule[], sensor: SensorContract): CoverageReport {
  const bySource = Map.groupBy(rules, ({ logsource }) => describeSource(logsource))
  const rows = [...bySource].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => coverageRow(group, sensor))
  const firing = rows.reduce((sum, row) => sum + row.canFire, 0)
  return { sensor: sensor.name, rules: rules.length, canFire: firing, rows }
}

function coverageRow(group: readonly SigmaRule[], sensor: SensorContract): CoverageRow {
  const cannot: CoverageRow['cannot'][number][] = []
  for (const rule of group) {
    const verdict = canFire(rule, sensor)
    if (!verdict.fires) cannot.push({ rule, verdict })
  }
  const logsource = group[0]?.logsource ?? { category: null, product: null, service: null }
  return { logsource, rules: group.length, canFire: group.length - cannot.length, cannot }
}

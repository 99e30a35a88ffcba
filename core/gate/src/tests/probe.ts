import {
  buildIndicatorTables,
  compilePack,
  type FieldTest,
  IndicatorList,
  type LogSource,
  type PackManifest,
  type Position,
  type SigmaRule,
} from '@firebreak/content'

/** One field test as a rule of its own: nothing stands before the read, and nothing else can decide the answer. */
export interface Probe {
  readonly title: string
  readonly logsource: LogSource
  readonly test: FieldTest
  /** Of the rule that it was taken from. */
  readonly at: Position
}

const MANIFEST: PackManifest = {
  name: 'probes',
  version: '1.0.0',
  category: 'configuration',
  minimumEngine: '1.0.0',
  description: 'One rule for each field test of a candidate.',
}

/** Of the rule that `probeRules` makes of the probe in this position. */
export function probeId(position: number): string {
  return `00000000-0000-4000-8000-${position.toString(16).padStart(12, '0')}`
}

export function probeRules(probes: readonly Probe[]): readonly SigmaRule[] {
  return probes.map(ruleOf)
}

/**
 * Compiles probes with the compiler of packs, so that an engine reads them as it reads the candidate.
 *
 * @param rules - from `probeRules`
 * @throws ContentError content/limit | content/image-cost: there are too many
 */
export function compileProbes(rules: readonly SigmaRule[]): Uint8Array {
  return compilePack({
    manifest: MANIFEST,
    rules,
    correlations: [],
    tests: [],
    indicators: buildIndicatorTables(new IndicatorList()),
    indicatorCount: 0,
    yara: [],
    diagnostics: [],
    advice: [],
  }).image
}

function ruleOf({ title, logsource, test, at }: Probe, position: number): SigmaRule {
  return {
    id: probeId(position),
    name: null,
    title,
    description: '',
    status: null,
    level: 'informational',
    tags: [],
    logsource,
    selections: [{ name: 'probe', test }],
    condition: { kind: 'selection', selection: 0 },
    unusedSelections: [],
    custom: null,
    at,
  }
}

/** Two tests of one log source with one key are one test. */
export function testKey({ category, product, service }: LogSource, { field, match }: FieldTest): string {
  return JSON.stringify([category, product, service, field, match], (key, value: unknown) =>
    key === 'program' ? undefined : value,
  )
}

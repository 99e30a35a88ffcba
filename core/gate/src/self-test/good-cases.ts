import { ENGINE_VERSION } from '@firebreak/detect'
import type { Random } from '@firebreak/fuzz'
import { PPM_ALL } from '@firebreak/kernel'
import { FUEL_PER_EVENT_FLOOR } from '../cost/check-cost.ts'
import type { EngineRun } from '../execution/evidence.ts'
import { FAULTS_MIN } from './check-self-test.ts'
import { companionRule, companionTest, plainRule, plainTest } from './companions.ts'
import type { Aim, ImageFault, Operator, ReportFault, SourceFault } from './control.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { evenly, SMALL } from './operators/cost.ts'
import { faultIn, type JudgedFault } from './operators/evidence-fault.ts'
import { allowed, found, inVerdicts } from './operators/replay.ts'
import { withDocuments, withEntry } from './source-edit.ts'

function of(check: Aim['check']): Aim {
  return { check, code: '' }
}

function inPart<K extends 'execution' | 'replay' | 'cost' | 'fuzz' | 'selfTest'>(
  part: K,
  check: Aim['check'],
  id: string,
  what: string,
  alter: (value: JudgedEvidence[K], random: Random, evidence: JudgedEvidence) => JudgedEvidence[K],
): JudgedFault {
  return faultIn(part, id, of(check), what, alter)
}

const CONTENT: readonly (SourceFault | ImageFault)[] = [
  {
    kind: 'source',
    id: 'longest-title',
    aims: of('source'),
    what: 'A title of 256 characters, as many as an image can carry.',
    apply: (source) =>
      withDocuments(source, [plainRule(60, { title: 'Planted '.padEnd(256, 'and again ') })], [plainTest(60)]),
  },
  {
    kind: 'source',
    id: 'deepest-condition',
    aims: of('source'),
    what: 'A condition with as many parentheses around it as the parser follows.',
    apply: (source) => {
      const condition = `${'('.repeat(31)}selection${')'.repeat(31)}`
      const rule = companionRule(61, { selection: { 'Image|endswith': '/planted' }, condition })
      return withDocuments(source, [rule], [companionTest(61, [{ Image: '/planted' }], [{ Image: '/other' }])])
    },
  },
  {
    kind: 'source',
    id: 'repetition-within-limits',
    aims: of('compile'),
    what: 'A regular expression that repeats a thousand times, which is linear all the same.',
    apply: (source) => {
      const rule = companionRule(62, { selection: { 'CommandLine|re': '^(?:a|b){1,1000}$' }, condition: 'selection' })
      const ignored = [{ CommandLine: 'abc' }]
      return withDocuments(source, [rule], [companionTest(62, [{ CommandLine: 'abba' }], ignored)])
    },
  },
  {
    kind: 'image',
    id: 'copied-image',
    aims: of('verify'),
    what: 'The same bytes at another place in memory.',
    apply: (compiled) => ({ ...compiled, image: Uint8Array.from([0, ...compiled.image]).subarray(1) }),
  },
  {
    kind: 'source',
    id: 'one-event-each',
    aims: of('tests'),
    what: 'A test with one event to match and one to ignore, which differ in one value.',
    apply: (source) =>
      withDocuments(
        source,
        [companionRule(63, { selection: { 'Image|endswith': '/planted' }, condition: 'selection' })],
        [companionTest(63, [{ Image: '/planted' }], [{ Image: '/plante' }])],
      ),
  },
  {
    kind: 'source',
    id: 'this-very-engine',
    aims: of('contract'),
    what: 'A pack that needs exactly the engine that there is.',
    apply: (source) => ({
      ...source,
      manifest: source.manifest && withEntry(source.manifest, 'minimumEngine', ENGINE_VERSION),
    }),
  },
]

const EVIDENCE: readonly JudgedFault[] = [
  inPart(
    'execution',
    'execution',
    'indicator-besides',
    'An indicator is found in an event that a rule ignores.',
    (evidence) => ({
      ...evidence,
      tasks: evidence.tasks.map(({ task, runs }) => ({ task, runs: runs.map(withIndicator) })),
    }),
  ),
  inPart(
    'replay',
    'replay',
    'as-often-as-allowed',
    'An indicator is found in as many events of ordinary activity as the policy allows.',
    (evidence, random, { policy }) =>
      inVerdicts(evidence, random, (verdicts) => found(verdicts, allowed(verdicts, policy))),
  ),
  inPart(
    'cost',
    'cost',
    'as-costly-as-allowed',
    'Events set off as much work as the policy allows, for one event and against the running release.',
    (cost, _random, { policy, image }) => {
      const even = evenly(cost)
      const fuel = (FUEL_PER_EVENT_FLOOR * even.events * policy.costRatioPpmMax) / PPM_ALL
      const fuelPeak = Math.min(policy.fuelPerEventMax, image.costBound.stepsPerByte)
      return { ...even, candidate: { ...SMALL, fuel, fuelPeak }, running: SMALL }
    },
  ),
  inPart(
    'fuzz',
    'fuzz',
    'fuzzed-as-asked',
    'Each parser was fuzzed with as many inputs as it was to be, and not one more.',
    (evidence) => ({
      ...evidence,
      targets: evidence.targets.map((one) => ({ ...one, executions: one.executionsAsked })),
    }),
  ),
  inPart('selfTest', 'self-test', 'as-much-as-suffices', 'A self-test with as few faults as suffice.', (evidence) => ({
    ...evidence,
    faults: evidence.faults.slice(0, FAULTS_MIN),
  })),
]

function withIndicator(run: EngineRun): EngineRun {
  if (run.result.kind !== 'ran') return run
  const verdicts = run.result.verdicts.map((one) => ({
    ...one,
    firedRuleIds: [...one.firedRuleIds, 'indicator/self-test'],
  }))
  return { ...run, result: { ...run.result, verdicts } }
}

const REPORT: ReportFault = {
  kind: 'report',
  id: 'report-as-it-is',
  aims: of('report'),
  what: 'A report of a release that passed.',
  apply: (report) => report,
}

/**
 * What has to pass, each at the edge of what its check allows: a gate that rejects everything is as broken as one that rejects nothing.
 * Shown with the control pack.
 */
export const GOOD_CASES: readonly Operator<JudgedEvidence>[] = [...CONTENT, ...EVIDENCE, REPORT]

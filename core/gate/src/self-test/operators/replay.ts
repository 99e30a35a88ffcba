import type { Random } from '@firebreak/fuzz'
import { PPM_ALL } from '@firebreak/kernel'
import type { GatePolicy } from '../../check/policy.ts'
import type { CaseVerdict } from '../../execution/execution.ts'
import type { Replay } from '../../replay/check-replay.ts'
import type { Aim } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

function fault(
  id: string,
  code: string,
  what: string,
  alter: (evidence: JudgedEvidence['replay'], random: Random, judged: JudgedEvidence) => JudgedEvidence['replay'],
  verdict: NonNullable<Aim['verdict']> = 'fail',
): JudgedFault {
  return faultIn('replay', id, { check: 'replay', code, verdict }, what, alter)
}

export function inVerdicts(
  { pack, replays }: JudgedEvidence['replay'],
  random: Random,
  edit: (verdicts: readonly CaseVerdict[]) => readonly CaseVerdict[],
): JudgedEvidence['replay'] {
  const alter = (one: Replay): Replay =>
    one.result.kind === 'ran' ? { ...one, result: { ...one.result, verdicts: edit(one.result.verdicts) } } : one
  const isOrdinary = ({ corpus, result }: Replay): boolean =>
    corpus.kind === 'benign' && corpus.events.length > 0 && result.kind === 'ran'
  return { pack, replays: alterSome(replays, random, alter, isOrdinary) }
}

/** In the first events an indicator is found. */
export function found(verdicts: readonly CaseVerdict[], events: number): readonly CaseVerdict[] {
  return verdicts.map((one, i) => (i < events ? { ...one, firedRuleIds: [...one.firedRuleIds, INDICATOR] } : one))
}

/** Events of so many that the policy allows. */
export function allowed(verdicts: readonly CaseVerdict[], policy: GatePolicy): number {
  return Math.floor((verdicts.length * policy.falsePositivesPpmMax) / PPM_ALL)
}

/** Of a rule that alerts by itself, whatever correlations count it. */
function someRule({ pack }: JudgedEvidence['replay'], random: Random): string {
  const parts = new Set(pack.correlations.flatMap(({ rules }) => rules))
  const alone = pack.rules.filter(({ id }) => !parts.has(id))
  return alone.length === 0 ? INDICATOR : random.pick(alone).id
}

const INDICATOR = 'indicator/self-test'

/** `replay`: what the candidate says about ordinary activity. */
export const REPLAY_OPERATORS: readonly JudgedFault[] = [
  fault('rule-floods', 'gate/flood', 'A rule fires for every event of ordinary activity.', (evidence, random) => {
    const id = someRule(evidence, random)
    return inVerdicts(evidence, random, (verdicts) => {
      return verdicts.map((one) => ({ ...one, firedRuleIds: [...one.firedRuleIds, id] }))
    })
  }),
  fault(
    'indicator-floods',
    'gate/flood',
    'An indicator is found in one event of ordinary activity more than the policy allows.',
    (evidence, random, { policy }) =>
      inVerdicts(evidence, random, (verdicts) => found(verdicts, allowed(verdicts, policy) + 1)),
  ),
  fault('replay-left-out', 'gate/replay-incomplete', 'An event of a corpus has no answer.', (evidence, random) =>
    inVerdicts(evidence, random, (verdicts) => verdicts.slice(1)),
  ),
  fault('replay-twice', 'gate/replay-incomplete', 'An event of a corpus was answered twice.', (evidence, random) =>
    inVerdicts(evidence, random, (verdicts) => [...verdicts, ...verdicts.slice(0, 1)]),
  ),
  fault(
    'replay-not-run',
    '',
    'No engine was asked about ordinary activity.',
    ({ pack, replays }) => ({ pack, replays: replays.map((one) => ({ ...one, result: { kind: 'not-run' } })) }),
    'not-run',
  ),
  fault(
    'no-ordinary-activity',
    '',
    'There is no corpus of ordinary activity.',
    ({ pack }) => ({ pack, replays: [] }),
    'inconclusive',
  ),
]

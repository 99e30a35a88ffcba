import type { Random } from '@firebreak/fuzz'
import type { CaseVerdict } from '../../execution/execution.ts'
import type { Replay } from '../../replay/check-replay.ts'
import type { Aim } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

function fault(
  id: string,
  code: string,
  what: string,
  alter: (evidence: JudgedEvidence['replay'], random: Random) => JudgedEvidence['replay'],
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

/** `fires` fires for every `nth` event of some corpus of ordinary activity. */
function flood(nth: number, fires: (evidence: JudgedEvidence['replay'], random: Random) => string) {
  return (evidence: JudgedEvidence['replay'], random: Random): JudgedEvidence['replay'] => {
    const id = fires(evidence, random)
    return inVerdicts(evidence, random, (verdicts) =>
      verdicts.map((one, i) => (i % nth === 0 ? { ...one, firedRuleIds: [...one.firedRuleIds, id] } : one)),
    )
  }
}

/** Of a rule that alerts by itself, whatever correlations count it. */
function someRule({ pack }: JudgedEvidence['replay'], random: Random): string {
  const parts = new Set(pack.correlations.flatMap(({ rules }) => rules))
  const alone = pack.rules.filter(({ id }) => !parts.has(id))
  return alone.length === 0 ? INDICATOR : random.pick(alone).id
}

export const INDICATOR = 'indicator/self-test'

/** `replay`: what the candidate says about ordinary activity. */
export const REPLAY_OPERATORS: readonly JudgedFault[] = [
  fault('rule-floods', 'gate/flood', 'A rule fires for every tenth event of ordinary activity.', flood(10, someRule)),
  fault(
    'indicator-floods',
    'gate/flood',
    'An indicator is found in every hundredth event of ordinary activity.',
    flood(100, () => INDICATOR),
  ),
  fault('replay-left-out', 'gate/replay-incomplete', 'An event of a corpus has no answer.', (evidence, random) =>
    inVerdicts(evidence, random, (verdicts) => verdicts.slice(1)),
  ),
  fault('replay-twice', 'gate/replay-incomplete', 'An event of a corpus was answered twice.', (evidence, random) =>
    inVerdicts(evidence, random, (verdicts) => [...verdicts, ...verdicts.slice(0, 1)]),
  ),
  fault(
    'no-ordinary-activity',
    '',
    'There is no corpus of ordinary activity.',
    ({ pack }) => ({ pack, replays: [] }),
    'inconclusive',
  ),
]

import { compilePack, type PackSource, parsePack } from '@firebreak/content'
import { type CheckResult, failed, finding, leaveOut, passed } from '../check/check.ts'
import { judgeSource, verifyCompiled } from '../judge-source.ts'
import { checkTests } from '../tests/check-tests.ts'
import type { EvidenceFault, Omit, ReportFault, SelfTestPipeline, Subject } from './control.ts'
import { ROUTED_RULE } from './companions.ts'
import { THIS_ENGINE } from './control-evidence.ts'
import { withDocuments } from './source-edit.ts'

/** Evidence of a check that only tests know: the number that it judges. */
export interface FakeEvidence {
  readonly floods: number
}

function judgeFake({ floods }: FakeEvidence): CheckResult {
  if (floods <= 1) return passed('replay', 'Quiet.')
  return failed('replay', 'A flood.', [finding('fake/flood', `${floods} floods.`, null)])
}

/** The static half of the real gate, with a check of evidence that is made up. */
export const PIPELINE: SelfTestPipeline<FakeEvidence> = {
  judgeSource: (source, omit) => judgeSource(source, { engines: [THIS_ENGINE], inputs: [] }, omit).checks,
  judgePack: (pack, omit) => [leaveOut(checkTests(pack), omit)],
  judgeImage: (compiled, omit) => [leaveOut(verifyCompiled(compiled).check, omit)],
  judgeEvidence: (evidence, omit) => [leaveOut(judgeFake(evidence), omit)],
  refuseReport: (report, omit) =>
    report.length > 0 || omit.has('fake/empty') || omit.has('report') ? null : 'fake/empty',
}

export function subjectOf(source: PackSource): Subject<FakeEvidence> {
  return {
    pipeline: PIPELINE,
    source,
    pack: parsePack(source),
    compiled: compilePack(parsePack(withDocuments(source, [ROUTED_RULE], []))),
    evidence: { floods: 0 },
    report: Uint8Array.of(1),
  }
}

export const FLOOD: EvidenceFault<FakeEvidence> = {
  kind: 'evidence',
  id: 'flood',
  aims: { check: 'replay', code: 'fake/flood' },
  what: 'A flood.',
  apply: (_, random) => ({ floods: 2 + random.below(5) }),
}

export const EMPTY_REPORT: ReportFault = {
  kind: 'report',
  id: 'empty-report',
  aims: { check: 'report', code: 'fake/empty' },
  what: 'Nothing was written.',
  apply: () => new Uint8Array(),
}

/** A gate in which some check says something else than it did. */
export function changed(
  change: (check: CheckResult, omit: Omit) => CheckResult,
  pipeline: SelfTestPipeline<FakeEvidence> = PIPELINE,
): SelfTestPipeline<FakeEvidence> {
  const all =
    <T>(judge: (subject: T, omit: Omit) => readonly CheckResult[]) =>
    (subject: T, omit: Omit): readonly CheckResult[] =>
      judge(subject, omit).map((one) => change(one, omit))
  return {
    ...pipeline,
    judgeSource: all(pipeline.judgeSource),
    judgePack: all(pipeline.judgePack),
    judgeImage: all(pipeline.judgeImage),
    judgeEvidence: all(pipeline.judgeEvidence),
  }
}

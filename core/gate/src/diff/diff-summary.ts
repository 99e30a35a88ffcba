import type { Sha256Hex } from '@firebreak/kernel'
import type { DiffSummary, RuleChange, VerdictChange } from '../report/parts.ts'
import { REPORT_LIST_MAX } from '../report/read-parts.ts'
import { howText } from './render-diff.ts'
import type { ClassifiedChange, SemanticDiff } from './semantic-diff.ts'
import { sum } from './verdict-diff.ts'

/**
 * The diff as a report has it: without indicators, fields and features, which `renderSemanticDiff` tells.
 *
 * @param running - digest of the image of the running release; null when nothing runs yet
 */
export function diffSummary(diff: SemanticDiff, running: Sha256Hex | null): DiffSummary {
  const { against, byChange, changes } = diff
  const rules = changes.slice(0, REPORT_LIST_MAX.ruleChanges).map(ruleChange)
  return {
    against: against && running !== null ? { version: against.version, imageDigest: running } : null,
    rulesAdded: byChange.added,
    rulesRemoved: byChange.removed,
    rulesChanged: byChange.changed + byChange['fires-otherwise'],
    rulesSame: diff.same,
    rules,
    eventsCompared: sum(diff.compared),
    eventsNewlyMatched: sum(diff.newlyMatched),
    eventsNoLongerMatched: sum(diff.noLongerMatched),
    samples: changes.flatMap(verdictChanges).slice(0, REPORT_LIST_MAX.samples),
  }
}

function ruleChange(one: ClassifiedChange): RuleChange {
  const { id, title, level, change } = one
  return { change: change === 'fires-otherwise' ? 'changed' : change, id, title, level, what: howText(one) }
}

function verdictChanges({ id, samples }: ClassifiedChange): readonly VerdictChange[] {
  return samples.map(({ change, corpus, event }) => {
    return { change: change === 'gained' ? 'newly-matched' : 'no-longer-matched', rule: id, corpus, event }
  })
}

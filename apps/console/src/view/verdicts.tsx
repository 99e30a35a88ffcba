import type { CohortCounts, VerdictRecord } from '@firebreak/rollout'
import { useState } from 'react'
import { formatCount, formatNumberOf, visibleText } from '../format.ts'
import { Icon, type IconName } from './icon.tsx'
import { Age } from './moment.tsx'
import { Empty, Panel } from './panel.tsx'

const KINDS: Readonly<Record<VerdictRecord['kind'], { readonly label: string; readonly icon: IconName }>> = {
  advance: { label: 'Advance', icon: 'advance' },
  hold: { label: 'Hold', icon: 'hold' },
  halt: { label: 'Halt', icon: 'stop' },
  recall: { label: 'Recall', icon: 'recall' },
}
const REASONS: Readonly<Record<VerdictRecord['reason'], string>> = {
  'evidence-sufficient': 'evidence sufficient',
  'rollout-complete': 'rollout complete',
  baking: 'baking',
  'empty-cohort': 'empty cohort',
  'insufficient-evidence': 'insufficient evidence',
  'attributable-failure': 'attributable failure',
  silence: 'silence',
  operator: 'operator',
}
/** Drawn at first; the operator can ask for the rest. */
const VERDICTS_SHOWN = 6
const EXPLANATION_CHARS_MAX = 2_048

export function Verdicts({ verdicts }: { readonly verdicts: readonly VerdictRecord[] }): React.ReactNode {
  const [all, setAll] = useState(false)
  const shown = all ? verdicts : verdicts.slice(0, VERDICTS_SHOWN)
  return (
    <Panel title="Verdicts" className="verdicts" note="newest first">
      {verdicts.length === 0 && (
        <Empty title="No verdicts yet">Each decision to advance, hold or halt appears here with its evidence.</Empty>
      )}
      <ol>
        {shown.map((verdict) => (
          <Verdict key={`${verdict.atMs} ${verdict.imageDigest} ${verdict.ring} ${verdict.kind}`} verdict={verdict} />
        ))}
      </ol>
      {shown.length < verdicts.length && (
        <button type="button" className="more" onClick={() => setAll(true)}>
          Show {formatNumberOf(verdicts.length - shown.length, 'earlier verdict')}
        </button>
      )}
    </Panel>
  )
}

function Verdict({ verdict }: { readonly verdict: VerdictRecord }): React.ReactNode {
  const { label, icon } = KINDS[verdict.kind]
  return (
    <li className="verdict" data-verdict={verdict.kind}>
      <span className="verdict-icon">
        <Icon name={icon} />
      </span>
      <div className="verdict-body">
        <p className="verdict-head">
          <strong>{label}</strong>
          <span className="verdict-reason">{REASONS[verdict.reason]}</span>
          <Age atMs={verdict.atMs} />
        </p>
        <p className="verdict-what">
          {verdict.pack} <span className="version">{verdict.version}</span>
          {verdict.ring === '' ? '' : ` in ${verdict.ring}`}
        </p>
        <p className="verdict-why">{visibleText(verdict.explanation, EXPLANATION_CHARS_MAX)}</p>
        <Counts counts={verdict.counts} />
      </div>
    </li>
  )
}

/** The denominator always; of the rest what is not zero. */
function Counts({ counts }: { readonly counts: CohortCounts }): React.ReactNode {
  const parts = [
    ['confirmed', counts.confirmed, 'confirmed'],
    ['trial', counts.inTrial, 'in trial'],
    ['refused', counts.refused, 'refused'],
    ['fell-back', counts.fellBack, 'fell back'],
    ['silent', counts.silent, 'silent'],
    ['waiting', counts.pending, 'pending'],
  ] as const
  return (
    <ul className="counts number">
      <li>cohort {formatCount(counts.cohort)}</li>
      {parts.map(
        ([state, count, label]) =>
          count > 0 && (
            <li key={state} data-state={state}>
              {formatCount(count)} {label}
            </li>
          ),
      )}
    </ul>
  )
}

import type { VerdictRecord, WaveCounts } from '@firebreak/rollout'
import { useState } from 'react'
import { formatCount, formatNumberOf, visibleText } from '../format.ts'
import { REASON_LABELS, SIGNAL_LABELS } from '../rollout-view.ts'
import { Icon, type IconName } from './icon.tsx'
import { Age } from './moment.tsx'
import { Empty, Panel } from './panel.tsx'

export const KINDS: Readonly<Record<VerdictRecord['kind'], { readonly label: string; readonly icon: IconName }>> = {
  advance: { label: 'Advance', icon: 'advance' },
  hold: { label: 'Hold', icon: 'hold' },
  halt: { label: 'Halt', icon: 'stop' },
  recall: { label: 'Recall', icon: 'recall' },
}
/** Drawn at first; the operator can ask for the rest. */
const VERDICTS_SHOWN = 6
export const EXPLANATION_CHARS_MAX = 2_048

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
          <span className="verdict-reason">{REASON_LABELS[verdict.reason]}</span>
          <Age atMs={verdict.atMs} />
        </p>
        <p className="verdict-what">
          {verdict.pack} <span className="version">{verdict.version}</span>
          {verdict.ring === '' ? '' : ` in ${verdict.ring}`}
          {verdict.wave > 0 && `, wave ${verdict.wave}`}
        </p>
        <p className="verdict-why">{visibleText(verdict.explanation, EXPLANATION_CHARS_MAX)}</p>
        {verdict.kind === 'hold' && verdict.resolvedBy !== '' && (
          <p className="verdict-next">{visibleText(verdict.resolvedBy, EXPLANATION_CHARS_MAX)}</p>
        )}
        <Counts counts={verdict.counts} />
      </div>
    </li>
  )
}

/** What is not zero. */
function Counts({ counts: { exposed, control } }: { readonly counts: WaveCounts }): React.ReactNode {
  const lost = (['silence', 'failure'] as const).filter((signal) => exposed.events[signal] > 0)
  return (
    <ul className="counts number">
      {exposed.cohort > 0 && <li>{formatNumberOf(exposed.cohort, 'host')} exposed</li>}
      {exposed.confirmed > 0 && <li data-state="confirmed">{formatCount(exposed.confirmed)} confirmed</li>}
      {exposed.proven > 0 && <li data-state="confirmed">{formatCount(exposed.proven)} proven</li>}
      {lost.map((signal) => (
        <li key={signal} data-state={signal === 'silence' ? 'silent' : 'refused'}>
          {SIGNAL_LABELS[signal].toLowerCase()} {formatCount(exposed.events[signal])}
        </li>
      ))}
      {control.cohort > 0 && <li>{formatNumberOf(control.cohort, 'host')} in the control</li>}
    </ul>
  )
}

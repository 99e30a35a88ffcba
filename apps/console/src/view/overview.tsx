import type { FleetStatus } from '@firebreak/api'
import { useMemo } from 'react'
import { formatCount, formatNumberOf, visibleText } from '../format.ts'
import { HOST_STATES, hostStateLabel, tally, viewFleet } from '../host-state.ts'
import type { ReleaseFocus } from '../release-focus.ts'
import type { Summary, SummaryTone } from '../summary.ts'
import { Icon, type IconName } from './icon.tsx'

const TONE_ICONS: Readonly<Record<SummaryTone, IconName>> = {
  bad: 'stop',
  busy: 'advance',
  good: 'confirmed',
  idle: 'waiting',
}
const DETAIL_CHARS_MAX = 1_024

interface Props {
  readonly status: FleetStatus
  readonly focuses: readonly ReleaseFocus[]
  readonly summaries: readonly Summary[]
}

/** What is going on, in a sentence per pack, and how all hosts stand towards it. */
export function Overview({ status, focuses, summaries }: Props): React.ReactNode {
  return (
    <section className="overview" aria-label="Summary">
      <div className="summaries" aria-live="polite">
        {summaries.map((summary, index) => (
          <SummaryLine key={summary.subject} summary={summary} first={index === 0} />
        ))}
      </div>
      {status.rings.some((ring) => ring.hosts.length > 0) && <HostTally status={status} focuses={focuses} />}
    </section>
  )
}

function SummaryLine({ summary, first }: { readonly summary: Summary; readonly first: boolean }): React.ReactNode {
  const Heading = first ? 'h1' : 'p'
  return (
    <div className="summary" data-tone={summary.tone}>
      <Icon name={TONE_ICONS[summary.tone]} />
      <div>
        <Heading className="summary-line">
          <strong>{summary.subject}</strong> {summary.text}
        </Heading>
        {summary.detail !== '' && <p className="summary-detail">{visibleText(summary.detail, DETAIL_CHARS_MAX)}</p>}
      </div>
    </div>
  )
}

/** Doubles as the legend: the same icons and colours as on the hosts. */
function HostTally({ status, focuses }: Omit<Props, 'summaries'>): React.ReactNode {
  const views = useMemo(() => viewFleet(status, focuses), [status, focuses])
  const counts = tally(views)
  const phase = focuses[0]?.phase ?? 'none'
  return (
    <div className="tally">
      <span className="tally-total">{formatNumberOf(views.length, 'host')}</span>
      <ul>
        {HOST_STATES.toReversed().map((state) => (
          <li key={state} data-state={state} data-none={counts[state] === 0 ? '' : undefined}>
            <Icon name={state} />
            <span className="number">{formatCount(counts[state])}</span>
            <span className="tally-name">{hostStateLabel(state, phase)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

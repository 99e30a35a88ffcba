import { useNowMs } from '../clock.ts'
import type { Connection } from '../fleet-state.ts'
import { formatSpan } from '../format.ts'
import { Icon } from './icon.tsx'
import { Age, Clock } from './moment.tsx'

interface Props {
  readonly connection: Connection
  /** Server time of what the page shows. */
  readonly asOfMs: number
  readonly retryNow: () => void
}

/** Says that what the page shows is old, how old, and when the next attempt is. */
export function ConnectionBanner({ connection, asOfMs, retryNow }: Props): React.ReactNode {
  if (connection.kind !== 'lost') return null
  return (
    <div className="banner" role="alert">
      <Icon name="offline" />
      <p>
        <strong>Connection lost.</strong> {connection.reason} Hosts keep detecting. Shown as of <Clock atMs={asOfMs} />{' '}
        UTC, <Age atMs={asOfMs} />.
      </p>
      <RetryIn atMs={connection.retryAtMs} />
      <button type="button" className="button small" onClick={retryNow}>
        Retry now
      </button>
    </div>
  )
}

/** Left out of what screen readers announce: it changes every second. */
export function RetryIn({ atMs }: { readonly atMs: number }): React.ReactNode {
  const leftMs = atMs - useNowMs()
  return (
    <span className="retry-in number" aria-live="off">
      {leftMs < 1_000 ? 'Retrying' : `Retrying in ${formatSpan(leftMs)}`}
    </span>
  )
}

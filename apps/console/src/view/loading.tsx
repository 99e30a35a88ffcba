import type { Connection } from '../fleet-state.ts'
import { RetryIn } from './connection.tsx'
import { Icon } from './icon.tsx'

/** The page's shape before its facts: nothing jumps when they arrive. */
export function Loading(): React.ReactNode {
  return (
    <div aria-busy="true">
      <p className="hidden-text" role="status">
        Loading the fleet
      </p>
      <div className="skeleton skeleton-overview" />
      <div className="columns">
        <div className="column">
          <div className="skeleton skeleton-rings" />
          <div className="skeleton skeleton-table" />
        </div>
        <div className="column">
          <div className="skeleton skeleton-plan" />
          <div className="skeleton skeleton-table" />
        </div>
      </div>
    </div>
  )
}

interface Props {
  readonly connection: Extract<Connection, { readonly kind: 'lost' }>
  readonly retryNow: () => void
}

/** The server has not answered even once. */
export function FirstContact({ connection, retryNow }: Props): React.ReactNode {
  return (
    <div className="centred">
      <div className="notice-card" role="alert">
        <Icon name="offline" />
        <h1>No answer from the server</h1>
        <p>{connection.reason} Hosts keep detecting with what they have, and no rollout advances meanwhile.</p>
        <button type="button" className="button primary" onClick={retryNow}>
          Retry now
        </button>
        <RetryIn atMs={connection.retryAtMs} />
      </div>
    </div>
  )
}

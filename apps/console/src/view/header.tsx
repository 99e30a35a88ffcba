import type { FleetStatus } from '@firebreak/api'
import { useServerNowMs } from '../clock.ts'
import type { Connection } from '../fleet-state.ts'
import { formatCount } from '../format.ts'
import { Icon, Mark } from './icon.tsx'
import { Clock } from './moment.tsx'

interface Props {
  readonly connection: Connection
  readonly status: FleetStatus | null
  readonly onSignOut: () => void
}

const CONNECTION_TEXT = { connecting: 'Connecting', live: 'Live', lost: 'Disconnected' } as const

export function Header({ connection, status, onSignOut }: Props): React.ReactNode {
  return (
    <header className="top">
      <div className="brand">
        <Mark />
        <span>Firebreak</span>
      </div>
      <div className="top-facts">
        {status !== null && <ServerTime />}
        {status?.plan && (
          <span className="fact">
            <span className="fact-name">Plan</span>
            <span className="number">{formatCount(status.plan.generation)}</span>
          </span>
        )}
        {status?.controller.role === 'stand-by' && (
          <span className="fact" title="Another server decides and takes reports; this one answers questions">
            Stand-by
          </span>
        )}
        <span className="connection" data-connection={connection.kind} role="status">
          <span className="connection-dot" aria-hidden="true" />
          {CONNECTION_TEXT[connection.kind]}
        </span>
        <button type="button" className="icon-button" onClick={onSignOut} aria-label="Sign out" title="Sign out">
          <Icon name="leave" />
        </button>
      </div>
    </header>
  )
}

function ServerTime(): React.ReactNode {
  const nowMs = useServerNowMs()
  return (
    <span className="fact server-time">
      <span className="fact-name">Server</span>
      <span className="number">
        <Clock atMs={nowMs} /> UTC
      </span>
    </span>
  )
}

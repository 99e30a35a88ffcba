import type { FleetStatus } from '@firebreak/api'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { ClockSkew } from '../clock.ts'
import type { FleetState } from '../fleet-state.ts'
import type { OperatorOrder } from '../operator-api.ts'
import { releaseFocuses } from '../release-focus.ts'
import { shownRollouts } from '../rollout-view.ts'
import { type Summary, summarise } from '../summary.ts'
import { useFleet } from '../use-fleet.ts'
import { ConnectionBanner } from './connection.tsx'
import { Detections } from './detections.tsx'
import { Header } from './header.tsx'
import { FirstContact, Loading } from './loading.tsx'
import { OrderDialog } from './order-dialog.tsx'
import { Overview } from './overview.tsx'
import { PlanPanel } from './plan.tsx'
import { Releases } from './releases.tsx'
import { Rings } from './rings.tsx'
import { Rollout } from './rollout.tsx'
import { Verdicts } from './verdicts.tsx'

interface Props {
  readonly token: string
  readonly onUnauthorised: () => void
  readonly onSignOut: () => void
}

export function FleetPage({ token, onUnauthorised, onSignOut }: Props): React.ReactNode {
  const { fleet, retryNow } = useFleet(token, onUnauthorised)
  const { connection, status } = fleet
  const known = status !== null
  return (
    <ClockSkew value={fleet.skewMs}>
      <Header connection={connection} status={status} onSignOut={onSignOut} />
      {known && <ConnectionBanner connection={connection} asOfMs={status.serverTimeMs} retryNow={retryNow} />}
      <main className="page" data-stale={known && connection.kind === 'lost' ? '' : undefined}>
        {known && <Fleet status={status} fleet={fleet} token={token} onUnauthorised={onUnauthorised} />}
        {!known && connection.kind === 'lost' && <FirstContact connection={connection} retryNow={retryNow} />}
        {!known && connection.kind !== 'lost' && <Loading />}
      </main>
    </ClockSkew>
  )
}

interface FleetProps {
  readonly status: FleetStatus
  readonly fleet: FleetState
  readonly token: string
  readonly onUnauthorised: () => void
}

function Fleet({ status, fleet, token, onUnauthorised }: FleetProps): React.ReactNode {
  const focuses = useMemo(() => releaseFocuses(status), [status])
  const summaries = useMemo(() => summarise(status), [status])
  const [order, setOrder] = useState<Omit<OperatorOrder, 'reason'> | null>(null)
  const closeOrder = useCallback(() => setOrder(null), [])
  useEffect(() => {
    document.title = titleOf(summaries)
    return () => {
      document.title = 'Firebreak'
    }
  }, [summaries])

  return (
    <>
      <Overview status={status} focuses={focuses} summaries={summaries} />
      <div className="columns">
        <div className="column">
          {shownRollouts(status, focuses).map((rollout) => (
            <Rollout key={rollout.pack} status={status} rollout={rollout} />
          ))}
          <Rings status={status} focuses={focuses} />
          <Releases releases={status.releases} onOrder={setOrder} />
          <Detections rows={fleet.detections} seen={fleet.detectionsSeen} rings={status.rings} />
        </div>
        <div className="column">
          <PlanPanel status={status} />
          <Verdicts verdicts={status.verdicts} />
        </div>
      </div>
      {order !== null && (
        <OrderDialog order={order} token={token} onClose={closeOrder} onUnauthorised={onUnauthorised} />
      )}
    </>
  )
}

/** So that a halt shows in the tab's title too. */
function titleOf(summaries: readonly Summary[]): string {
  const first = summaries[0]
  if (first === undefined || first.tone === 'good' || first.tone === 'idle') return 'Firebreak'
  return `${first.tone === 'bad' ? 'Halted' : 'Rolling'}: ${first.subject} · Firebreak`
}

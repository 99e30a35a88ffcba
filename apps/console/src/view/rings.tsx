import type { FleetStatus } from '@firebreak/api'
import { Fragment, useCallback, useMemo, useState } from 'react'
import { formatCount, formatNumberOf, formatShare } from '../format.ts'
import { HOST_STATES, type HostView, shownHosts, tally, viewHost } from '../host-state.ts'
import type { ReleaseFocus } from '../release-focus.ts'
import { stanceTally } from '../stance.ts'
import { HostCell } from './host-cell.tsx'
import { HostPanel } from './host-panel.tsx'
import { Icon } from './icon.tsx'
import { Empty, Panel } from './panel.tsx'

interface Props {
  readonly status: FleetStatus
  readonly focuses: readonly ReleaseFocus[]
}

export function Rings({ status, focuses }: Props): React.ReactNode {
  const [open, setOpen] = useState<string | null>(null)
  const close = useCallback(() => setOpen(null), [])
  const opened = status.rings.flatMap((ring) => ring.hosts).find((one) => one.host === open)
  const focus = focuses.find((one) => one.phase === 'rolling' || one.phase === 'halted') ?? focuses[0]
  return (
    <Panel title="Rings" className="rings" note="in order of risk" tools={<Stances status={status} />}>
      {status.rings.length === 0 && (
        <Empty title="No rings">Rings come from the server’s rollout policy, hosts from enrolment.</Empty>
      )}
      <div className="ring-list">
        {status.rings.map((ring) => (
          <Ring
            key={ring.ring}
            ring={ring}
            focus={focus}
            views={ring.hosts.map((host) => viewHost(host, focuses))}
            onOpen={setOpen}
          />
        ))}
      </div>
      {opened !== undefined && (
        <HostPanel view={viewHost(opened, focuses)} releases={status.releases} onClose={close} />
      )}
    </Panel>
  )
}

/** What the hosts' owners make of new releases: only who takes them at once takes part in waves. */
function Stances({ status }: { readonly status: FleetStatus }): React.ReactNode {
  const tally = useMemo(() => stanceTally(status.rings.flatMap(({ hosts }) => hosts)), [status])
  if (tally.later + tally.never + tally.faults === 0) return null
  return (
    <ul className="stances number" aria-label="How hosts take new releases">
      <li>{formatCount(tally['at-once'])} at once</li>
      <li>{formatCount(tally.later)} later</li>
      <li>{formatCount(tally.never)} never</li>
      {tally.faults > 0 && <li data-state="refused">{formatNumberOf(tally.faults, 'policy', 'policies')} refused</li>}
    </ul>
  )
}

interface RingProps {
  readonly ring: FleetStatus['rings'][number]
  readonly focus: ReleaseFocus | undefined
  readonly views: readonly HostView[]
  readonly onOpen: (host: string) => void
}

function Ring({ ring, focus, views, onOpen }: RingProps): React.ReactNode {
  const shown = useMemo(() => shownHosts(views), [views])
  const counts = tally(views)
  return (
    <section className="ring" aria-label={`Ring ${ring.ring}`}>
      <header className="ring-head">
        <h3>{ring.ring}</h3>
        <span className="ring-count number">
          {views.length > 0 && `${counts.confirmed} of ${formatNumberOf(views.length, 'host')} confirmed`}
        </span>
      </header>
      <div className="ring-bar" aria-hidden="true">
        {HOST_STATES.toReversed().map((state) => (
          <Fragment key={state}>
            {counts[state] > 0 && <span data-state={state} style={{ flexGrow: counts[state] }} />}
          </Fragment>
        ))}
      </div>
      <RingExposureLine ring={ring.ring} focus={focus} />
      <ul className="hosts">
        {shown.map((view) => (
          <li key={view.host.host}>
            <HostCell view={view} onOpen={onOpen} />
          </li>
        ))}
      </ul>
      {views.length === 0 && <p className="ring-empty">No hosts. They appear here once their agent enrols.</p>}
      {views.length > shown.length && (
        <p className="ring-more">and {formatNumberOf(views.length - shown.length, 'more host')}</p>
      )}
    </section>
  )
}

function exposureText(focus: ReleaseFocus, ppm: number): string {
  if (focus.phase === 'complete') return 'for every host'
  if (focus.phase === 'rolling') return `${formatShare(ppm)} exposed`
  return ppm > 0 ? `halted, ${formatShare(ppm)} still exposed` : 'halted, exposed to nobody'
}

/** Exposure of the release in focus: a ring that the plan does not name is exposed to nobody. */
function RingExposureLine({
  ring,
  focus,
}: {
  readonly ring: string
  readonly focus: ReleaseFocus | undefined
}): React.ReactNode {
  if (!focus?.release) return null
  const ppm = focus.exposure.find((one) => one.ring === ring)?.ppm ?? 0
  const halted = focus.phase === 'halted'
  return (
    <p className="ring-exposure">
      <Icon name={halted ? 'stop' : focus.phase === 'complete' ? 'confirmed' : ppm > 0 ? 'advance' : 'hold'} />
      <span className="version">{focus.release.version}</span>
      {exposureText(focus, ppm)}
    </p>
  )
}

import type { HostStatus } from '@firebreak/api'
import { memo } from 'react'
import { formatSpan, visibleText } from '../format.ts'
import type { HostView } from '../host-state.ts'
import { stanceNote } from '../stance.ts'
import { Icon } from './icon.tsx'
import { Age } from './moment.tsx'

export const HOST_NAME_CHARS_MAX = 64
export const SLOT_LABELS = {
  candidate: 'candidate',
  confirmed: 'confirmed',
  'last-known-good': 'last known good',
  starter: 'starter (safe mode)',
} as const

interface Props {
  readonly view: HostView
  readonly onOpen: (host: string) => void
}

/** One host at a glance; opens its details. */
export const HostCell: React.NamedExoticComponent<Props> = memo(function HostCell({ view, onOpen }: Props) {
  const { host, state, label } = view
  return (
    <button type="button" className="host" data-state={state} onClick={() => onOpen(host.host)}>
      <Icon name={state} />
      <span className="host-name">
        <bdi>{visibleText(host.name, HOST_NAME_CHARS_MAX)}</bdi>
      </span>
      <span className="host-release">
        <Running host={host} />
      </span>
      <span className="host-state">{label}</span>
      <span className="host-facts">
        {host.beacon && <span className="host-tier">{visibleText(host.beacon.sensorTier, 32)}</span>}
        {host.lastSeenMs === null ? 'never seen' : <Age atMs={host.lastSeenMs} />}
      </span>
      <Why view={view} />
      <Stance host={host} />
    </button>
  )
})

function Running({ host }: { readonly host: HostStatus }): React.ReactNode {
  const running = host.beacon?.running
  if (!running) return 'no image'
  return (
    <>
      <span className="version">{running.version}</span> {SLOT_LABELS[running.slot]}
    </>
  )
}

/** Only where the owner's policy keeps it from taking part like the others. */
function Stance({ host }: { readonly host: HostStatus }): React.ReactNode {
  const note = stanceNote(host)
  return note === '' ? null : <span className="host-stance">{note}</span>
}

/** The code of the layer that stopped the release on this host, and how fast the host was back. */
function Why({ view }: { readonly view: HostView }): React.ReactNode {
  const { outcome, state } = view
  if (outcome === null || outcome.code === '' || (state !== 'refused' && state !== 'fell-back')) return null
  return (
    <span className="host-why">
      <code>{visibleText(outcome.code, 64)}</code>
      {outcome.recoverMs > 0 && <span>back in {spanOf(outcome.recoverMs)}</span>}
    </span>
  )
}

export function spanOf(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : formatSpan(ms)
}

import type { Beacon, HostStatus, Notice, ReleaseOutcome, ReleaseStatus } from '@firebreak/api'
import { formatCount, shortDigest, visibleText } from '../format.ts'
import type { HostView } from '../host-state.ts'
import { stanceFacts } from '../stance.ts'
import { HOST_NAME_CHARS_MAX, SLOT_LABELS, spanOf } from './host-cell.tsx'
import { Icon } from './icon.tsx'
import { Modal } from './modal.tsx'
import { Age } from './moment.tsx'

const OUTCOME_LABELS = {
  trial: 'In trial',
  confirmed: 'Confirmed',
  refused: 'Refused',
  'fell-back': 'Fell back',
} as const
const MESSAGE_CHARS_MAX = 1_024

interface Props {
  readonly view: HostView
  readonly releases: readonly ReleaseStatus[]
  readonly onClose: () => void
}

/** What a host last said, and how every release fared on it. */
export function HostPanel({ view, releases, onClose }: Props): React.ReactNode {
  const { host, state, label } = view
  const name = visibleText(host.name, HOST_NAME_CHARS_MAX)
  return (
    <Modal className="drawer" label={`Host ${name}`} onClose={onClose}>
      <header className="drawer-head">
        <div>
          <h2>
            <bdi>{name}</bdi>
          </h2>
          <p className="drawer-state" data-state={state}>
            <Icon name={state} /> {label}
          </p>
        </div>
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <HostFacts host={host} />
      <Notices notices={host.beacon?.notices ?? []} />
      <h3>Releases on this host</h3>
      <Outcomes outcomes={host.beacon?.outcomes ?? []} releases={releases} />
    </Modal>
  )
}

function HostFacts({ host }: { readonly host: HostStatus }): React.ReactNode {
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    ['Identity', <code key="host">{visibleText(host.host, HOST_NAME_CHARS_MAX)}</code>],
    ['Ring', host.ring],
    ['Enrolled', <Age key="enrolled" atMs={host.enrolledAtMs} />],
    ['Last seen', host.lastSeenMs === null ? 'never' : <Age key="seen" atMs={host.lastSeenMs} />],
    ...presenceFacts(host),
    ...(host.beacon ? [...stanceFacts(host.beacon), ...beaconFacts(host.beacon)] : []),
  ]
  return (
    <dl className="facts">
      {facts.map(([fact, value]) => (
        <div key={fact}>
          <dt>{fact}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function presenceFacts({ presence }: HostStatus): readonly (readonly [string, React.ReactNode])[] {
  if (presence.kind === 'silent') return [['Silent since', <Age key="silent" atMs={presence.sinceMs} />]]
  if (presence.kind !== 'stopped') return []
  return [
    ['Stopped', <Age key="stopped" atMs={presence.sinceMs} />],
    ['Stopped by', visibleText(presence.reason, MESSAGE_CHARS_MAX)],
  ]
}

/** What the agent noticed about itself: tampering, a stop that it refused. Newest first. */
function Notices({ notices }: { readonly notices: readonly Notice[] }): React.ReactNode {
  if (notices.length === 0) return null
  return (
    <>
      <h3>Notices of this agent</h3>
      <ol className="outcomes">
        {notices.toReversed().map(({ code, message, atMs }) => (
          <li key={`${atMs} ${code} ${message}`} data-state="refused">
            <Icon name="stop" />
            <p className="outcome-why">
              <code>{visibleText(code, 64)}</code> {visibleText(message, MESSAGE_CHARS_MAX)} <Age atMs={atMs} />
            </p>
          </li>
        ))}
      </ol>
    </>
  )
}

function beaconFacts(beacon: Beacon): readonly (readonly [string, React.ReactNode])[] {
  const { running } = beacon
  return [
    ['Running', running ? `${running.pack} ${running.version}, ${SLOT_LABELS[running.slot]}` : 'no image'],
    ['Plan known', formatCount(beacon.planGeneration)],
    ['Sensor tier', visibleText(beacon.sensorTier, 32)],
    ['Agent, engine', `${beacon.agentVersion}, ${beacon.engineVersion}`],
    ['System', visibleText(`${beacon.platform.os} ${beacon.platform.architecture}`, 96)],
    ['Events', formatCount(beacon.events)],
    ['Events dropped', formatCount(beacon.eventsDropped)],
    ['Detections', formatCount(beacon.detections)],
    ['Engine restarts', formatCount(beacon.engineRestarts)],
  ]
}

interface OutcomesProps {
  readonly outcomes: readonly ReleaseOutcome[]
  readonly releases: readonly ReleaseStatus[]
}

function Outcomes({ outcomes, releases }: OutcomesProps): React.ReactNode {
  if (outcomes.length === 0) return <p className="quiet">It has not reported on any release yet.</p>
  return (
    <ol className="outcomes">
      {outcomes.toReversed().map((one) => {
        const release = releases.find((known) => known.imageDigest === one.imageDigest)
        return (
          <li key={one.imageDigest} data-state={one.outcome}>
            <Icon name={one.outcome} />
            <div>
              <p>
                <strong>{release ? `${release.pack} ${release.version}` : shortDigest(one.imageDigest)}</strong>{' '}
                <span className="outcome-name">{OUTCOME_LABELS[one.outcome]}</span> <Age atMs={one.atMs} />
              </p>
              {one.code !== '' && (
                <p className="outcome-why">
                  <code>{visibleText(one.code, 64)}</code> {visibleText(one.message, MESSAGE_CHARS_MAX)}
                </p>
              )}
              {one.recoverMs > 0 && <p className="quiet">Detecting again after {spanOf(one.recoverMs)}.</p>}
            </div>
          </li>
        )
      })}
    </ol>
  )
}

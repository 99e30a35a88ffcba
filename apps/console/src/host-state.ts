import type { FleetStatus, HostStatus, ReleaseOutcome } from '@firebreak/api'
import type { FocusPhase, ReleaseFocus } from './release-focus.ts'

/** How a host stands towards the release in focus. `waiting`: it has said nothing about it and runs something else. */
export type HostState = 'silent' | 'stopped' | 'refused' | 'fell-back' | 'trial' | 'waiting' | 'confirmed'

/** What needs attention first. */
export const HOST_STATES: readonly HostState[] = [
  'silent',
  'stopped',
  'refused',
  'fell-back',
  'trial',
  'waiting',
  'confirmed',
]

export interface HostView {
  readonly host: HostStatus
  readonly state: HostState
  readonly label: string
  /** What the host said about the release in focus, if it did. */
  readonly outcome: ReleaseOutcome | null
}

export type Tally = Readonly<Record<HostState, number>>

/** Hosts drawn per ring; the rest are counted. */
export const HOSTS_SHOWN_MAX = 48

const LABELS: Readonly<Record<HostState, string>> = {
  silent: 'Silent',
  stopped: 'Stopped',
  refused: 'Refused',
  'fell-back': 'Fell back',
  trial: 'In trial',
  waiting: 'Waiting',
  confirmed: 'Confirmed',
}

const WAITING_LABELS: Readonly<Record<FocusPhase, string>> = {
  rolling: 'Waiting',
  halted: 'Not exposed',
  complete: 'Behind',
  none: 'No release',
}

export function hostStateLabel(state: HostState, phase: FocusPhase): string {
  return state === 'waiting' ? WAITING_LABELS[phase] : LABELS[state]
}

/** A host that is silent or stopped is that, whatever it said last; else the focus it fares worst with decides. */
export function viewHost(host: HostStatus, focuses: readonly ReleaseFocus[]): HostView {
  const views = focuses.filter((focus) => concerns(host, focus)).map((focus) => viewFocus(host, focus))
  const worst = views.toSorted((a, b) => HOST_STATES.indexOf(a.state) - HOST_STATES.indexOf(b.state))[0]
  const view = worst ?? { host, state: 'waiting', label: WAITING_LABELS.none, outcome: null }
  const { kind } = host.presence
  return kind === 'silent' || kind === 'stopped' ? { ...view, state: kind, label: LABELS[kind] } : view
}

/** A host that runs one pack says nothing, good or bad, by not having another. */
function concerns(host: HostStatus, focus: ReleaseFocus): boolean {
  const running = host.beacon?.running
  return running === undefined || running === null || running.pack === focus.pack || outcomeOf(host, focus) !== null
}

function viewFocus(host: HostStatus, focus: ReleaseFocus): HostView {
  const outcome = outcomeOf(host, focus)
  const state = outcome?.outcome ?? stateOfRunning(host, focus)
  return { host, state, label: hostStateLabel(state, focus.phase), outcome }
}

function outcomeOf(host: HostStatus, focus: ReleaseFocus): ReleaseOutcome | null {
  return host.beacon?.outcomes.findLast((one) => one.imageDigest === focus.release?.imageDigest) ?? null
}

/** Beacons keep the newest outcomes only, so what runs has to answer for a release confirmed long ago. */
function stateOfRunning(host: HostStatus, focus: ReleaseFocus): HostState {
  const running = host.beacon?.running
  if (!running || running.imageDigest !== focus.release?.imageDigest) return 'waiting'
  return running.slot === 'candidate' ? 'trial' : 'confirmed'
}

export function tally(views: readonly HostView[]): Tally {
  const counts = { silent: 0, stopped: 0, refused: 0, 'fell-back': 0, trial: 0, waiting: 0, confirmed: 0 }
  for (const view of views) counts[view.state] += 1
  return counts
}

export function viewFleet(status: FleetStatus, focuses: readonly ReleaseFocus[]): readonly HostView[] {
  return status.rings.flatMap((ring) => ring.hosts.map((host) => viewHost(host, focuses)))
}

/** At most HOSTS_SHOWN_MAX hosts: in the server's order if all fit, else those that need attention first. */
export function shownHosts(views: readonly HostView[]): readonly HostView[] {
  if (views.length <= HOSTS_SHOWN_MAX) return views
  return views.toSorted((a, b) => HOST_STATES.indexOf(a.state) - HOST_STATES.indexOf(b.state)).slice(0, HOSTS_SHOWN_MAX)
}

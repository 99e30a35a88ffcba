import type { DetectionRecord, FleetStatus, StreamLine } from '@firebreak/api'

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number }

export interface DetectionRow {
  /** Host and sequence: the server keeps each detection once, and so does the console. */
  readonly key: string
  readonly host: string
  readonly detection: DetectionRecord
}

/** Everything that the page shows. Times of this machine, except where `skewMs` says otherwise. */
export interface FleetState {
  readonly connection: Connection
  readonly status: FleetStatus | null
  /** Server clock minus this machine's, at the newest status. */
  readonly skewMs: number
  /** Newest first, at most DETECTIONS_KEPT_MAX. */
  readonly detections: readonly DetectionRow[]
  /** All that arrived since the page opened, also those no longer kept. */
  readonly detectionsSeen: number
}

export type FleetEvent =
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number }
  /** The wait is over. The connection stays lost until the server answers. */
  | { readonly kind: 'retrying'; readonly atMs: number }
  | { readonly kind: 'lines'; readonly lines: readonly StreamLine[]; readonly atMs: number }

export const DETECTIONS_KEPT_MAX = 500

export const INITIAL_FLEET: FleetState = {
  connection: { kind: 'connecting' },
  status: null,
  skewMs: 0,
  detections: [],
  detectionsSeen: 0,
}

/** Losing the connection keeps what is known: an operator reads old facts, marked as old, rather than none. */
export function reduceFleet(state: FleetState, event: FleetEvent): FleetState {
  switch (event.kind) {
    case 'live':
      return state.connection.kind === 'live' ? state : { ...state, connection: { kind: 'live' } }
    case 'lost':
      return { ...state, connection: { kind: 'lost', reason: event.reason, retryAtMs: event.retryAtMs } }
    case 'retrying':
      if (state.connection.kind !== 'lost') return state
      return { ...state, connection: { ...state.connection, retryAtMs: event.atMs } }
    case 'lines':
      break
  }
  return withDetections(withStatus(state, event.lines, event.atMs), event.lines)
}

function withStatus(state: FleetState, lines: readonly StreamLine[], atMs: number): FleetState {
  const newest = lines.findLast((line) => line.kind === 'status')
  if (newest?.kind !== 'status') return state
  return { ...state, status: newest.status, skewMs: newest.status.serverTimeMs - atMs }
}

function withDetections(state: FleetState, lines: readonly StreamLine[]): FleetState {
  const known = new Set(state.detections.map((row) => row.key))
  const fresh: DetectionRow[] = []
  for (const line of lines) {
    if (line.kind !== 'detection') continue
    const key = `${line.host} ${line.detection.sequence}`
    if (known.has(key)) continue
    known.add(key)
    fresh.push({ key, host: line.host, detection: line.detection })
  }
  if (fresh.length === 0) return state
  const detections = [...fresh.toReversed(), ...state.detections].slice(0, DETECTIONS_KEPT_MAX)
  return { ...state, detections, detectionsSeen: state.detectionsSeen + fresh.length }
}

import type { WallMs } from '@firebreak/kernel'

/** How the server sees a host: by its beacons, and by the server's own clock. */
export type Presence =
  | { readonly kind: 'present' }
  /** It has enrolled, and its first beacon is not due yet. */
  | { readonly kind: 'expected' }
  /** Nothing came for two of its own intervals. `sinceMs`: the last that was heard. */
  | { readonly kind: 'silent'; readonly sinceMs: WallMs }
  /** It said that it ends, and why. */
  | { readonly kind: 'stopped'; readonly sinceMs: WallMs; readonly reason: string }

export interface PresenceEvidence {
  readonly enrolledAtMs: WallMs
  /** Since when the server has been listening without a gap. */
  readonly listeningSinceMs: WallMs
  /** When the newest beacon came, by the server's clock; null: none ever did. */
  readonly lastSeenMs: WallMs | null
  /** What that beacon says; 0: an agent too old to say. */
  readonly beaconIntervalMs: number
  /** What that beacon says: why the agent ends; null: it goes on. */
  readonly ending: string | null
  /** For a host whose interval is not known, from the rollout policy. */
  readonly silenceAfterMs: number
}

/** Two intervals of a host that reports many times a second are less than what a busy network takes. */
export const SILENCE_MS_MIN = 1_000
const INTERVALS_MISSED = 2

/**
 * Says whether a host is there. It meant to report once in each interval, give or take a fifth, so two without a beacon are
 * not chance. A server that was down itself counts from its own start: it must not call the fleet silent for its own gap.
 */
export function decidePresence(evidence: PresenceEvidence, nowMs: WallMs): Presence {
  const { enrolledAtMs, listeningSinceMs, lastSeenMs, beaconIntervalMs, ending, silenceAfterMs } = evidence
  if (lastSeenMs !== null && ending !== null) return { kind: 'stopped', sinceMs: lastSeenMs, reason: ending }
  const heardMs = Math.max(lastSeenMs ?? 0, enrolledAtMs)
  const waitMs = beaconIntervalMs === 0 ? silenceAfterMs : Math.max(INTERVALS_MISSED * beaconIntervalMs, SILENCE_MS_MIN)
  if (nowMs - Math.max(heardMs, listeningSinceMs) > waitMs) return { kind: 'silent', sinceMs: heardMs }
  return { kind: lastSeenMs === null ? 'expected' : 'present' }
}

/** What a Correlator may keep. Beyond it something is given up, which is counted; nothing is ever refused with an error. */
export interface CorrelatorLimits {
  /** How far behind the latest event another may be and still be put in its place. Also how long a hit has to wait. */
  readonly latenessMs: number
  /** How far ahead of the caller's clock an event may be. Only looked at once the caller has told the time. */
  readonly aheadMsMax: number
  /** Bytes of the events that wait for earlier ones, as estimated; beyond it the earliest is judged at once. */
  readonly waitingBytesMax: number
  /** Groups of one correlation; beyond it the one that was used least recently is given up. */
  readonly groupsPerCorrelationMax: number
  /** Bytes of all groups together, as estimated by this module; beyond it as above. */
  readonly stateBytesMax: number
}

export const CORRELATOR_LIMITS: CorrelatorLimits = {
  latenessMs: 2_000,
  aheadMsMax: 60_000,
  waitingBytesMax: 8 * 1024 * 1024,
  groupsPerCorrelationMax: 10_000,
  stateBytesMax: 32 * 1024 * 1024,
}

/** UTF-16 units of a value that groups or that is counted; what is behind them makes no difference, which is counted. */
export const COLUMN_CHARS_MAX = 1_024
/** UTF-16 units of a decimal number. */
export const DECIMAL_CHARS_MAX = 64
/** The largest number that is computed with: ten thousand of them still have a finite sum. */
export const DECIMAL_MAX = 1e300
/** Events that a hit names, the newest. */
export const REFERENCES_PER_HIT_MAX = 32
/** Correlations that look at one event, or at what it made true. More than refer to any one rule. */
export const CASCADE_MAX = 4_096

/** Estimates of memory, in bytes: a group, an entry of a window or an event that waits, and one UTF-16 unit of text. */
export const GROUP_BYTES = 512
export const ENTRY_BYTES = 96
export const CHAR_BYTES = 2

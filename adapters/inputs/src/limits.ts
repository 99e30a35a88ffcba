import { EVENT_BYTES_MAX } from '@firebreak/detect/json'

/** Bytes of one line. A longer one is counted and skipped, and what follows it is read. */
export const LINE_BYTES_MAX: number = EVENT_BYTES_MAX
/** Bytes that one round of a growing file reads at most. */
export const ROUND_BYTES_MAX: number = 1024 * 1024
/** Bytes before a position that are remembered, to tell a file that was emptied and filled again from one that grew. */
export const TAIL_BYTES_MAX = 64
/** Files of a folder among which a rotated one is looked for. */
export const FOLDER_FILES_MAX = 1_000
/** How far an event may lie ahead of the moment at which it was read; beyond, it happened when it was read. */
export const AHEAD_MS_MAX = 2_000

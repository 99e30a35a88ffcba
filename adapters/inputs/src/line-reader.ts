import type { HostEvent } from '@firebreak/detect/records'

/** Why a line is no event. Each is counted; none stops an input. */
export type LineRefusal =
  | 'too-long' // more than LINE_BYTES_MAX
  | 'malformed' // not one JSON object within the engine's limits
  | 'other-shape' // JSON, but not of this format
  | 'not-supplied' // an event that the format's table has no log source for

export const LINE_REFUSALS: readonly LineRefusal[] = ['too-long', 'malformed', 'other-shape', 'not-supplied']

export type LineResult = HostEvent | LineRefusal

/**
 * Reads one line of a format, hostile bytes without their newline, as an event in Sigma's terms. Never throws, whatever
 * the bytes. The same line and time give the same result.
 *
 * @param receivedMs - when the line was read: the time of an event that does not say its own, or says a later one
 */
export type LineReader = (line: Uint8Array, receivedMs: number) => LineResult

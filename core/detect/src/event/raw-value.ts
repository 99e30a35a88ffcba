import type { EventColumns } from './event-columns.ts'
import { VALUE } from './value-kind.ts'

/** Values as the event writes them, escapes and all: nothing is made for them. */

const SMALL_INTEGER_DIGITS_MAX = 9

/** Whether the value is written with exactly these bytes. */
export function isWritten({ bytes, rawFrom, rawTo }: EventColumns, value: number, as: Uint8Array): boolean {
  const from = rawFrom[value] as number
  if ((rawTo[value] as number) - from !== as.length) return false
  for (let at = 0; at < as.length; at++) if (bytes[from + at] !== as[at]) return false
  return true
}

/** A copy of the bytes. */
export function written({ bytes, rawFrom, rawTo }: EventColumns, value: number): Uint8Array {
  // Not `slice`, which on Node's own kind of array makes no copy.
  return new Uint8Array(bytes.subarray(rawFrom[value], rawTo[value]))
}

/** The number that a text or number spells in at most nine digits, or -1. */
export function smallInteger({ bytes, rawFrom, rawTo, kind }: EventColumns, value: number): number {
  const from = rawFrom[value] as number
  const to = rawTo[value] as number
  if (to === from || to - from > SMALL_INTEGER_DIGITS_MAX || (kind[value] as number) > VALUE.NUMBER) return -1
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] as number) - 0x30
    if (digit < 0 || digit > 9) return -1
    number = 10 * number + digit
  }
  return number
}

import type { Cursor } from './cursor.ts'
import { EvtxError } from './errors.ts'

/** A value as it goes into JSON; null: the event does not have it. */
export type Scalar = string | number | boolean
export type Value = Scalar | readonly Scalar[] | null

export const BINARY_XML = 0x21
const STRING = 0x01
const ARRAY = 0x80
const FILETIME_1970_MS = 11_644_473_600_000n
const TICKS_PER_MS = 10_000n
/** The year 9999. */
const TIME_MS_MAX = 253_402_300_799_999n

type Read = (part: Cursor) => Scalar

/** By MS-EVEN6 2.2.12's value types, as Windows writes each of them in XML. */
const READERS: Readonly<Record<number, Read>> = {
  0x02: (part) => untilNull(part.bytes(part.left).toString('latin1')),
  0x03: (part) => part.i8(),
  0x04: (part) => part.u8(),
  0x05: (part) => part.i16(),
  0x06: (part) => part.u16(),
  0x07: (part) => part.i32(),
  0x08: (part) => part.u32(),
  0x09: (part) => whole(part.i64()),
  0x0a: (part) => whole(part.u64()),
  0x0b: (part) => finite(part.f32()),
  0x0c: (part) => finite(part.f64()),
  0x0d: (part) => part.bytes(part.left).some((byte) => byte !== 0),
  0x0e: hexBytes,
  0x0f: guid,
  0x10: (part) => (part.left >= 8 ? whole(part.u64()) : part.u32()),
  0x11: (part) => fileTime(part.u64()),
  0x12: systemTime,
  0x13: securityId,
  0x14: (part) => `0x${part.u32().toString(16)}`,
  0x15: (part) => `0x${part.u64().toString(16)}`,
}
/** Of the values that arrays hold side by side. */
const SIZE_BYTES: Readonly<Record<number, number>> = {
  0x03: 1,
  0x04: 1,
  0x05: 2,
  0x06: 2,
  0x07: 4,
  0x08: 4,
  0x09: 8,
  0x0a: 8,
  0x0b: 4,
  0x0c: 8,
  0x0d: 4,
  0x0f: 16,
  0x11: 8,
  0x12: 16,
  0x14: 4,
  0x15: 8,
}

/**
 * Reads all of `part` as a value of `type`. A type that nobody knows is written as its bytes.
 *
 * @throws EvtxError evtx/outside: there is less of it than the type needs
 */
export function readValue(type: number, part: Cursor): Value {
  if (type === 0 || part.left === 0) return type === STRING ? '' : null
  if (type === STRING) return untilNull(part.utf16(part.left >> 1))
  if (type === (ARRAY | STRING))
    return part
      .utf16(part.left >> 1)
      .replace(/\0$/, '')
      .split('\0')
  const sizeBytes = (type & ARRAY) === 0 ? undefined : SIZE_BYTES[type & ~ARRAY]
  const read = READERS[type & ~ARRAY]
  if (sizeBytes === undefined || read === undefined) return (READERS[type] ?? hexBytes)(part)
  const values: Scalar[] = []
  while (part.left > 0) values.push(read(part.part(sizeBytes)))
  return values
}

function untilNull(text: string): string {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

/** Beyond 2^53 as text: it must not be rounded. */
function whole(value: bigint): Scalar {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

function finite(value: number): Scalar {
  return Number.isFinite(value) ? value : String(value)
}

function hexBytes(part: Cursor): string {
  return part.bytes(part.left).toString('hex').toUpperCase()
}

function guid(part: Cursor): string {
  const [a, b, c] = [hex(part.u32(), 8), hex(part.u16(), 4), hex(part.u16(), 4)]
  const rest = part.bytes(8).toString('hex')
  return `{${a}-${b}-${c}-${rest.slice(0, 4)}-${rest.slice(4)}}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

/** `2023-08-15T09:55:21.0538012Z`; a time that no calendar has is written as its number. */
export function fileTime(ticks: bigint): string {
  const ms = ticks / TICKS_PER_MS - FILETIME_1970_MS
  if (ms > TIME_MS_MAX) return String(ticks)
  const below = String(ticks % TICKS_PER_MS).padStart(4, '0')
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${below}Z`
}

function systemTime(part: Cursor): string {
  const [year, month, , day, hour, minute, second, ms] = Array.from({ length: 8 }, () => part.u16())
  const time = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second, ms)
  return Number.isNaN(time) ? '' : new Date(time).toISOString()
}

const SUB_AUTHORITIES_MAX = 15

function securityId(part: Cursor): string {
  const revision = part.u8()
  const count = part.u8()
  if (count > SUB_AUTHORITIES_MAX) throw new EvtxError('evtx/malformed', `Cannot read a SID with ${count} parts`)
  const authority = BigInt(`0x${part.bytes(6).toString('hex')}`)
  const parts = Array.from({ length: count }, () => `-${part.u32()}`)
  return `S-${revision}-${authority}${parts.join('')}`
}

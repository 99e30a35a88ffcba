/**
 * A content format of the kind that failed in July 2024, made small: records with one criterion for each of 21 declared
 * inputs, and an interpreter that compares an event with them. It imports nothing, so that its text can be instrumented, and
 * ported, as it is.
 *
 * Header, 20 bytes: magic u32, version u16, type u16, declared inputs u16, records u16, payload length u32, checksum u32
 * (0: none). Record: length u16 of what follows, id u16, flags u8, criteria. Criterion: kind u8, then 0 wildcard: nothing;
 * 1 equals: u32; 2 text and 3 prefix: length u8, bytes; 4 range: two u32; 5 mask: u32; 6 group, any of: count u8, criteria.
 */
export const MAGIC = 0x4b524246
export const HEADER_BYTES = 20
export const DECLARED = 21
export const VERSIONS = [1, 2, 3]
const RECORDS_MAX = 64
const DEPTH_MAX = 8

/** A bug that is planted, by its place in the list of variants; 0: none. */
export interface Build {
  readonly bug: number
  /** How many inputs the program around the interpreter hands to it. */
  readonly supplied: number
  /** Whether criteria are evaluated also after one that does not match. */
  readonly evaluateAll: boolean
}

/** The declared error: the bytes are no content. */
export class Refused extends Error {}
/** What must never happen: a read outside what there is. */
export class Trap extends Error {}
/** A planted bug was reached. */
export class Planted extends Error {}

interface Criterion {
  readonly kind: number
  readonly low: number
  readonly high: number
  readonly text: string
  readonly any: readonly Criterion[]
}
interface Rule {
  readonly id: number
  readonly flags: number
  readonly criteria: readonly Criterion[]
}
export type Input = number | string

/** Reads content and compares `event` with it: the ids of the rules that match. Throws Refused, and nothing else if it has no bug. */
export function run(bytes: Uint8Array, event: readonly Input[], build: Build): number[] {
  const rules = parse(bytes, build)
  const found: number[] = []
  for (const rule of rules) if (matches(rule, event, build)) found.push(rule.id)
  return found
}

class Cursor {
  at: number
  end: number
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }
  need(count: number): void {
    if (this.at + count > this.end) throw new Refused('too short')
  }
  byte(): number {
    if (this.at >= this.bytes.length) throw new Trap('read outside the input')
    return this.bytes[this.at++] as number
  }
  u8(): number {
    this.need(1)
    return this.byte()
  }
  u16(): number {
    this.need(2)
    return this.byte() + this.byte() * 256
  }
  u32(): number {
    this.need(4)
    return this.byte() + this.byte() * 256 + this.byte() * 65536 + this.byte() * 16777216
  }
}

export function parse(bytes: Uint8Array, build: Build): Rule[] {
  const head = new Cursor(bytes, 0, bytes.length)
  if (bytes.length < HEADER_BYTES) throw new Refused('no header')
  if (head.u32() !== MAGIC) throw new Refused('not this format')
  const version = head.u16()
  if (version < 1 || version > 3) throw new Refused('unknown version')
  const type = head.u16()
  if (type > 15) throw new Refused('unknown type')
  if (head.u16() !== DECLARED) throw new Refused('wrong number of inputs')
  const count = head.u16()
  if (count > RECORDS_MAX) throw new Refused('too many records')
  if (head.u32() !== bytes.length - HEADER_BYTES) throw new Refused('wrong length')
  const sum = head.u32()
  if (sum !== 0 && sum !== checksum(bytes, HEADER_BYTES, bytes.length)) throw new Refused('wrong checksum')
  const rules: Rule[] = []
  while (rules.length < count) {
    const rule = record(head, build)
    if (rule === null) continue
    if (build.bug === 1 && type === 3 && rule.flags === 0x40) throw new Planted('a type and a flag')
    if (build.bug === 7 && sum !== 0 && rule.id === 0x1337) throw new Planted('a value behind a checksum')
    rules.push(rule)
  }
  if (head.at !== bytes.length) throw new Refused('bytes are left over')
  if (build.bug === 4 && version === 3 && rules.length >= 4) throw new Planted('many records of version 3')
  for (let i = 0; i < rules.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [rules[i] as Rule, rules[j] as Rule]
      if (a.id === b.id && a.flags !== b.flags && build.bug === 10) throw new Planted('one id twice, unlike')
    }
  }
  return rules
}

function record(head: Cursor, build: Build): Rule | null {
  const start = head.at
  const length = head.u16()
  if (length === 0 && build.bug === 3) {
    head.at = start
    return null
  }
  head.need(length)
  const body = new Cursor(head.bytes, head.at, head.at + length)
  const id = body.u16()
  const flags = body.u8()
  const criteria: Criterion[] = []
  for (let i = 0; i < DECLARED; i++) criteria.push(criterion(body, 0, build))
  if (body.at !== body.end) throw new Refused('a record is longer than its criteria')
  head.at = body.end
  return { id, flags, criteria }
}

function criterion(body: Cursor, depth: number, build: Build): Criterion {
  if (depth > DEPTH_MAX) throw new Refused('too deep')
  if (build.bug === 5 && depth === 6) throw new Planted('six groups deep')
  const kind = body.u8()
  switch (kind) {
    case 0:
      return { kind, low: 0, high: 0, text: '', any: [] }
    case 1:
    case 5: {
      const low = body.u32()
      if (build.bug === 6 && low === 0xfeedc0de) throw new Planted('one value of four billion')
      return { kind, low, high: 0, text: '', any: [] }
    }
    case 2:
    case 3: {
      const text = letters(body, build)
      if (build.bug === 9 && text === 'lsass.exe') throw new Planted('one word')
      return { kind, low: 0, high: 0, text, any: [] }
    }
    case 4: {
      const low = body.u32()
      const high = body.u32()
      if (low > high) throw new Refused('an empty range')
      return { kind, low, high, text: '', any: [] }
    }
    case 6: {
      const count = body.u8()
      if (count === 0 || count > 16) throw new Refused('a group of none or too many')
      const any: Criterion[] = []
      for (let i = 0; i < count; i++) any.push(criterion(body, depth + 1, build))
      return { kind, low: 0, high: 0, text: '', any }
    }
    default:
      throw new Refused('unknown kind')
  }
}

function letters(body: Cursor, build: Build): string {
  const length = body.u8()
  // The size with room for a terminator, in eight bits: 255 becomes 0.
  if (build.bug === 8) body.need((length + 1) & 0xff)
  else body.need(length)
  let text = ''
  for (let i = 0; i < length; i++) text += String.fromCharCode(body.byte())
  return text
}

function matches(rule: Rule, event: readonly Input[], build: Build): boolean {
  let all = true
  for (let i = 0; i < rule.criteria.length; i++) {
    if (holds(rule.criteria[i] as Criterion, i, event, build)) continue
    all = false
    if (!build.evaluateAll) return false
  }
  return all
}

/** A wildcard asks for nothing; everything else reads the input of its own number, and must find one. */
function holds(one: Criterion, input: number, event: readonly Input[], build: Build): boolean {
  if (one.kind === 0) return true
  if (one.kind === 6) {
    for (const inner of one.any) if (holds(inner, input, event, build)) return true
    return false
  }
  if (input >= build.supplied) throw new Trap('read outside the inputs')
  const value = event[input] as Input
  switch (one.kind) {
    case 1:
      return value === one.low
    case 2:
      return value === one.text
    case 3:
      return typeof value === 'string' && value.startsWith(one.text)
    case 4:
      return typeof value === 'number' && value >= one.low && value <= one.high
    default:
      return typeof value === 'number' && (value & one.low) !== 0
  }
}

const SUMS: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum
})

/** CRC-32 of a range, as Ethernet and zip have it. */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = -1
  for (let i = from; i < to; i++) sum = (sum >>> 8) ^ (SUMS[(sum ^ (bytes[i] as number)) & 255] as number)
  return ~sum >>> 0
}

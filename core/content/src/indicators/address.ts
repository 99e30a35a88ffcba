/** Longer text is no address, whatever its zone. */
const ADDRESS_CHARS_MAX = 128
const DOT = 0x2e
const COLON = 0x3a
const PERCENT = 0x25

/** The longest prefix of each family, in bits. */
export const PREFIX_BITS_MAX = { 4: 32, 6: 128 } as const

/**
 * Reads an IPv4 (dotted decimal, no leading zeros) or IPv6 address (RFC 4291 2.2, any case) without allocating.
 * A zone (`%eth0`) is left out; an IPv4-mapped IPv6 address is the IPv4 address.
 *
 * @param bytes - hostile
 * @param out - four words: of IPv4 the last is the address; garbage when there is none
 * @returns the family, or 0 when it is no address
 */
export function parseAddress(bytes: Uint8Array, from: number, to: number, out: Uint32Array): 0 | 4 | 6 {
  if (to - from > ADDRESS_CHARS_MAX) return 0
  let end = from
  let colons = 0
  for (; end < to && bytes[end] !== PERCENT; end++) if (bytes[end] === COLON) colons++
  if (colons > 0) return parseIpv6(bytes, from, end, out)
  const address = end === to ? parseIpv4(bytes, from, to) : -1
  if (address < 0) return 0
  out[3] = address
  return 4
}

function parseIpv4(bytes: Uint8Array, from: number, to: number): number {
  let address = 0
  let octets = 0
  for (let at = from; at <= to; at++) {
    let octet = 0
    const start = at
    for (; at < to && bytes[at] !== DOT; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9 || at - start === 3 || (at > start && octet === 0)) return -1
      octet = 10 * octet + digit
    }
    if (at === start || octet > 255 || ++octets > 4) return -1
    address = 256 * address + octet
  }
  return octets === 4 ? address : -1
}

/** Groups before `::` fill `out` from the left; those after it are moved to the right end at last. */
function parseIpv6(bytes: Uint8Array, from: number, to: number, out: Uint32Array): 0 | 4 | 6 {
  out.fill(0)
  let groups = 0
  let gap = -1
  let at = from
  if (bytes[at] === COLON) {
    if (to - from < 2 || bytes[at + 1] !== COLON) return 0
    gap = 0
    at += 2
  }
  while (at < to) {
    const group = hexGroup(bytes, at, to)
    if (group < 0 || groups === 8) return 0
    const end = at + groupLength(bytes, at, to)
    if (end < to && bytes[end] === DOT) {
      const address = parseIpv4(bytes, at, to)
      if (address < 0 || groups > 6) return 0
      setGroup(out, groups++, address >>> 16)
      setGroup(out, groups++, address & 0xffff)
      break
    }
    setGroup(out, groups++, group)
    if (end === to) break
    at = end + 1
    if (at === to) return 0
    if (bytes[at] !== COLON) continue
    if (gap >= 0) return 0
    gap = groups
    at++
  }
  if (gap < 0 ? groups !== 8 : groups > 7) return 0
  if (gap >= 0) openGap(out, gap, groups)
  return out[0] === 0 && out[1] === 0 && out[2] === 0xffff ? 4 : 6
}

function groupLength(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== COLON && bytes[at] !== DOT) at++
  return at - from
}

/** One to four hex digits up to the next separator, or -1. */
function hexGroup(bytes: Uint8Array, from: number, to: number): number {
  const length = groupLength(bytes, from, to)
  if (length === 0 || length > 4) return -1
  let group = 0
  for (let at = from; at < from + length; at++) {
    const digit = hexDigit(bytes[at] ?? 0)
    if (digit < 0) return -1
    group = 16 * group + digit
  }
  return group
}

/** By byte: a table, for digests are random, and a branch that nothing can predict would cost more than all the rest. */
const HEX_DIGITS: Int8Array = new Int8Array(256).fill(-1)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  HEX_DIGITS[digit.charCodeAt(0)] = value
  HEX_DIGITS[digit.toUpperCase().charCodeAt(0)] = value
}

/** The value of one hex digit of any case, or -1. */
export function hexDigit(byte: number): number {
  return HEX_DIGITS[byte] ?? -1
}

function openGap(out: Uint32Array, gap: number, groups: number): void {
  for (let group = groups - 1, to = 7; group >= gap; group--, to--) {
    const value = getGroup(out, group)
    setGroup(out, group, 0)
    setGroup(out, to, value)
  }
}

function getGroup(address: Uint32Array, group: number): number {
  return ((address[group >> 1] ?? 0) >>> (group % 2 === 0 ? 16 : 0)) & 0xffff
}

function setGroup(address: Uint32Array, group: number, value: number): void {
  const word = address[group >> 1] ?? 0
  address[group >> 1] = group % 2 === 0 ? (word & 0xffff) | (value << 16) : (word & 0xffff0000) | value
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}

/**
 * @param address - four words
 * @see RFC 5952 4
 */
export function formatIpv6(address: Uint32Array): string {
  const groups = Array.from({ length: 8 }, (_, group) => getGroup(address, group))
  let gap = { from: 0, length: 1 }
  for (let from = 0; from < 8; from++) {
    let length = 0
    while (groups[from + length] === 0) length++
    if (length > gap.length) gap = { from, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (gap.length === 1) return hex.join(':')
  return `${hex.slice(0, gap.from).join(':')}::${hex.slice(gap.from + gap.length).join(':')}`
}

/** Whether the bits of `word` from bit `bits` on (0 is the highest) are zero. */
export function isMasked(word: number, bits: number): boolean {
  return (word & ~prefixMask(bits)) === 0
}

/** A word whose first `bits` bits are one; below 0 none, above 32 all. */
export function prefixMask(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}

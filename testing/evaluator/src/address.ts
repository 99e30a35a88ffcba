/** 128 bits. IPv4 is the part of IPv6 that it is mapped into, so one comparison serves both. */
export type Address = bigint

export interface Network {
  readonly address: Address
  /** Of 128 bits. */
  readonly prefix: number
}

const BITS = 128
const IPV4_BITS = 32
const MAPPED = 0xffffn << 32n
const GROUPS = 8
const DECIMAL = /^(?:0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-f]{1,4}$/i

/** `10.0.0.0/8`, `fe80::/10`; without a prefix, one address. Null for anything else, also with bits behind the prefix. */
export function parseNetwork(text: string): Network | null {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const ipv4 = parseIPv4(addressText)
  const address = ipv4 ?? parseIPv6(addressText)
  const bits = ipv4 === null ? BITS : IPV4_BITS
  if (address === null || rest.length > 0) return null
  if (prefixText !== undefined && !DECIMAL.test(prefixText)) return null
  const length = prefixText === undefined ? bits : Number(prefixText)
  if (length > bits) return null
  const prefix = BITS - bits + length
  return start(address, prefix) << BigInt(BITS - prefix) === address ? { address, prefix } : null
}

/** An address of an event. A zone is dropped. */
export function parseAddress(text: string): Address | null {
  return parseIPv4(text) ?? parseIPv6(text.replace(/%.*$/su, ''))
}

export function contains(network: Network, address: Address): boolean {
  return start(network.address, network.prefix) === start(address, network.prefix)
}

function start(address: Address, prefix: number): bigint {
  return address >> BigInt(BITS - prefix)
}

function parseIPv4(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => DECIMAL.test(octet) && Number(octet) <= 255)) return null
  return MAPPED | octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n)
}

function parseIPv6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [left, right] = halves.map((half, at) => parseGroups(half, at === halves.length - 1))
  if (left === undefined || left === null || right === null) return null
  const missing = GROUPS - left.length - (right?.length ?? 0)
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...(right ?? [])]
  return groups.reduce((value, group) => (value << 16n) | group, 0n)
}

/** Groups between colons; the very last two may be an IPv4 address. */
function parseGroups(text: string, isLast: boolean): readonly bigint[] | null {
  if (text === '') return []
  const words = text.split(':')
  const tail = isLast ? parseIPv4(words.at(-1) ?? '') : null
  const hex = tail === null ? words : words.slice(0, -1)
  if (!hex.every((word) => GROUP.test(word))) return null
  const groups = hex.map((word) => BigInt(`0x${word}`))
  return tail === null ? groups : [...groups, (tail >> 16n) & 0xffffn, tail & 0xffffn]
}

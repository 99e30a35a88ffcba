/** An IPv4 address or network has 32 bits, one of IPv6 128; the two never meet. */
export interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

export interface Network extends Address {
  readonly prefix: number
}

const MAPPED = 0xffffn
const IPV4_MAPPED_BITS = 96
const GROUPS = 8
const DECIMAL = /^(?:0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-f]{1,4}$/i

/** `10.0.0.0/8`, `fe80::/10`; without a prefix, one address. Null when it is neither. Bits behind the prefix are ignored. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefixText, ...rest] = text.split('/')
  const raw = parseIPv4(address) ?? parseIPv6(address)
  if (raw === null || rest.length > 0) return null
  if (prefixText !== undefined && !DECIMAL.test(prefixText)) return null
  const prefix = prefixText === undefined ? raw.bits : Number(prefixText)
  if (prefix > raw.bits) return null
  const plain = unmap(raw)
  if (plain.bits === raw.bits) return { ...raw, prefix }
  return prefix < IPV4_MAPPED_BITS ? { ...raw, prefix } : { ...plain, prefix: prefix - IPV4_MAPPED_BITS }
}

/** An address of an event: a zone is dropped, and an IPv4 address mapped into IPv6 is the IPv4 address. */
export function parseAddress(text: string): Address | null {
  const ipv4 = parseIPv4(text)
  if (ipv4 !== null) return ipv4
  const ipv6 = parseIPv6(text.replace(/%.*$/su, ''))
  return ipv6 === null ? null : unmap(ipv6)
}

export function contains(network: Network, address: Address): boolean {
  const shift = BigInt(network.bits - network.prefix)
  return network.bits === address.bits && network.value >> shift === address.value >> shift
}

function unmap(address: Address): Address {
  const isMapped = address.bits === 128 && address.value >> 32n === MAPPED
  return isMapped ? { bits: 32, value: address.value & 0xffff_ffffn } : address
}

function parseIPv4(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => DECIMAL.test(octet) && Number(octet) <= 255)) return null
  return { bits: 32, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) }
}

function parseIPv6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [left, right] = halves.map((half, at) => parseGroups(half, at === halves.length - 1))
  if (left === undefined || left === null || right === null) return null
  const missing = GROUPS - left.length - (right?.length ?? 0)
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...(right ?? [])]
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) | group, 0n) }
}

/** Groups between colons; the very last two may be an IPv4 address. */
function parseGroups(text: string, isLast: boolean): readonly bigint[] | null {
  if (text === '') return []
  const words = text.split(':')
  const tail = isLast ? parseIPv4(words.at(-1) ?? '') : null
  const hex = tail === null ? words : words.slice(0, -1)
  if (!hex.every((word) => GROUP.test(word))) return null
  const groups = hex.map((word) => BigInt(`0x${word}`))
  return tail === null ? groups : [...groups, tail.value >> 16n, tail.value & 0xffffn]
}

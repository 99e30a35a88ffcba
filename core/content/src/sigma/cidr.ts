import { ContentError } from '../errors.ts'
import type { Network } from './ast.ts'

/** The IPv6 addresses that stand for IPv4 (RFC 4291, section 2.5.5.2) begin with these bits. */
const MAPPED_PREFIX_BITS = 96

/**
 * Reads `address/bits`, IPv4 or IPv6; an address alone is a network of one. Bits behind the prefix must be zero: a
 * network that is written otherwise is not the one that its author meant.
 *
 * @param text - hostile
 * @throws ContentError content/modifier
 * @see RFC 4632 and RFC 4291, section 2
 */
export function parseNetwork(text: string): Network {
  const [address = '', bits, ...rest] = text.split('/')
  const v4 = parseV4(address)
  const words = v4 === null ? parseV6(address) : ([0, 0, 0xffff, v4] as const)
  const offset = v4 === null ? 0 : MAPPED_PREFIX_BITS
  const prefixBits = bits === undefined ? 128 : /^(0|[1-9]\d{0,2})$/.test(bits) ? offset + Number(bits) : null
  if (words === null || rest.length > 0 || prefixBits === null || prefixBits > 128) {
    throw new ContentError('content/modifier', `Cannot use modifier cidr: expected a network, found ${shown(text)}`)
  }
  if (words.every((word, i) => (word & ~maskWord(prefixBits - 32 * i)) === 0)) return { words, prefixBits }
  const message = `Cannot use modifier cidr: ${shown(text)} has bits set behind its prefix`
  throw new ContentError('content/modifier', message)
}

/** A word whose first `bits` are set; below none and above 32 count as 0 and 32. */
function maskWord(bits: number): number {
  // A shift by 32 does nothing in JavaScript.
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits)
}

function parseV4(text: string): number | null {
  const parts = text.split('.')
  // A leading zero is octal to some readers and decimal to others.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null
  return parts.reduce((word, part) => word * 256 + Number(part), 0)
}

function parseV6(text: string): Network['words'] | null {
  const halves = text.split('::')
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = groupsOf(halves[1] ?? '', true)
  if (halves.length > 2 || head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail]
  const word = (i: number): number => (groups[2 * i] ?? 0) * 0x10000 + (groups[2 * i + 1] ?? 0)
  return [word(0), word(1), word(2), word(3)]
}

/** The 16-bit groups of one side of `::`. Only the last of an address may be IPv4, and is two groups. */
function groupsOf(text: string, isLast: boolean): readonly number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = isLast && i === parts.length - 1 ? parseV4(part) : null
    if (v4 !== null) groups.push(Math.floor(v4 / 0x10000), v4 % 0x10000)
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}

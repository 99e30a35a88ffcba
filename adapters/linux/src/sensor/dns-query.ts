/** Bounds of RFC 1035 2.3.4, as bytes on the wire. */
export const DNS_NAME_BYTES_MAX = 255
export const DNS_LABEL_BYTES_MAX = 63

const HEADER_BYTES = 12
const FLAGS_AT = 2
const QUESTION_COUNT_AT = 4
/** QR, a response, and OPCODE: all zero means a standard query. */
const NOT_A_QUERY = 0xf8
const AFTER_NAME_BYTES = 4 // type and class

/** What is printed as itself; a dot or a backslash within a label, and every other byte, is escaped. RFC 4343 2.1. */
const isPlain = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== DOT && byte !== BACKSLASH
const DOT = 0x2e
const BACKSLASH = 0x5c

/** IANA's registry of DNS resource record types, as far as people ask for them. */
export const DNS_TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [10, 'NULL'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [39, 'DNAME'],
  [41, 'OPT'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [50, 'NSEC3'],
  [52, 'TLSA'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [257, 'CAA'],
])

export interface DnsQuestion {
  /** Labels with dots between them, none at the end; the root is `.`. ASCII: odd bytes are `\DDD`, so at most 1,016 characters. */
  readonly name: string
  /** A mnemonic, or `TYPE` with the number (RFC 3597 5). */
  readonly type: string
}

/**
 * Reads the question of a DNS query. The bytes are any process's: whatever they are, the answer is a question or null.
 *
 * @param bytes - a datagram's payload, or its beginning
 * @returns the first question (no server answers a query with several), or null: not a standard query, cut off before
 *   its type, or a name that is compressed (nothing precedes it), too long, or of labels too long
 * @see RFC 1035 4.1
 */
export function parseDnsQuery(bytes: Uint8Array): DnsQuestion | null {
  if (bytes.length < HEADER_BYTES || (byteAt(bytes, FLAGS_AT) & NOT_A_QUERY) !== 0) return null
  if (shortAt(bytes, QUESTION_COUNT_AT) === 0) return null
  let name = ''
  let at = HEADER_BYTES
  for (;;) {
    const length = byteAt(bytes, at)
    const next = at + 1 + length
    // Beyond 63 are compression and reserved kinds of labels.
    if (length > DNS_LABEL_BYTES_MAX || next - HEADER_BYTES > DNS_NAME_BYTES_MAX || next > bytes.length) return null
    if (length === 0) break
    if (name !== '') name += '.'
    for (let k = at + 1; k < next; k++) name += character(byteAt(bytes, k))
    at = next
  }
  if (at + 1 + AFTER_NAME_BYTES > bytes.length) return null
  const type = shortAt(bytes, at + 1)
  return { name: name === '' ? '.' : name, type: DNS_TYPES.get(type) ?? `TYPE${type}` }
}

function character(byte: number): string {
  if (isPlain(byte)) return String.fromCharCode(byte)
  if (byte === DOT || byte === BACKSLASH) return `\\${String.fromCharCode(byte)}`
  return `\\${String(byte).padStart(3, '0')}`
}

function shortAt(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) * 256 + byteAt(bytes, at + 1)
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

import { unreachable, utf8Encode } from '@firebreak/kernel'
import type { ContentErrorCode } from '../errors.ts'
import { hexDigit, isMasked, parseAddress, PREFIX_BITS_MAX } from './address.ts'
import {
  INDICATOR_DESCRIPTION_BYTES_MAX,
  INDICATOR_TEXT_BYTES_MAX,
  INDICATOR_VALUE_BYTES_MAX,
  INDICATORS_MAX,
} from './limits.ts'
import { EXPECTED, isPrintable, normalName } from './normal-form.ts'
import { GrowingBytes, GrowingWords } from './growing.ts'
import { DIGEST_DIGITS, type DigestType, type IndicatorType, type NameType } from './types.ts'

export interface Refusal {
  readonly code: ContentErrorCode
  readonly message: string
}

/** Words of one digest in a list: its first 128 bits, then its description. */
export const LISTED_DIGEST_WORDS = 5
const LISTED_DIGEST_DIGITS = 32

/** Names in the order in which they came; name `i` starts at `starts[i]` and ends where the next one starts. */
export interface ListedNames {
  readonly bytes: GrowingBytes
  readonly starts: GrowingWords
  readonly descriptions: GrowingWords
}

/**
 * The indicators of a pack while its files are read: about 20 bytes for a digest and no object, so that a million are
 * as easily held as a hundred. Duplicates stay until the tables are built.
 */
export class IndicatorList {
  readonly digests: Readonly<Record<DigestType, GrowingWords>> = {
    md5: new GrowingWords(),
    sha1: new GrowingWords(),
    sha256: new GrowingWords(),
  }
  /** Words of the address, length of the prefix, description. */
  readonly ipv4: GrowingWords = new GrowingWords()
  readonly ipv6: GrowingWords = new GrowingWords()
  readonly names: Readonly<Record<NameType, ListedNames>> = { domain: noNames(), url: noNames(), filename: noNames() }
  readonly #descriptions = new Map<string, number>()
  #descriptionBytes = 0
  #count = 0
  readonly #text = new Uint8Array(64)
  readonly #address = new Uint32Array(4)
  readonly #digest = new Uint32Array(4)

  /** Rows so far, duplicates included. */
  get count(): number {
    return this.#count
  }

  /** By the number that the rows have. */
  descriptions(): readonly string[] {
    return [...this.#descriptions.keys()]
  }

  /**
   * Takes one row, or says why not and takes nothing.
   *
   * @param value - hostile; folded, checked and brought to the form that is compared
   */
  add(type: IndicatorType, value: string, description: string): Refusal | null {
    if (this.#count >= INDICATORS_MAX) return limit(`at most ${INDICATORS_MAX} indicators`)
    const number = this.#describe(description)
    if (typeof number !== 'number') return number
    const refusal = this.#put(type, value, number)
    if (refusal === null) this.#count++
    return refusal
  }

  #put(type: IndicatorType, value: string, description: number): Refusal | null {
    switch (type) {
      case 'md5':
      case 'sha1':
      case 'sha256':
        return this.#putDigest(type, value, description)
      case 'ip':
        return this.#putAddress(type, value, null, description)
      case 'network': {
        const slash = value.indexOf('/')
        const prefix = slash < 0 ? '' : value.slice(slash + 1)
        if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return unexpected(type, value)
        return this.#putAddress(type, value.slice(0, slash), Number(prefix), description)
      }
      case 'domain':
      case 'url':
      case 'filename':
        return this.#putName(type, value, description)
      default:
        return unreachable(type)
    }
  }

  #describe(description: string): number | Refusal {
    const known = this.#descriptions.get(description)
    if (known !== undefined) return known
    if (!isPrintable(description)) {
      return {
        code: 'content/schema',
        message: 'Cannot read indicator: expected a description without control characters',
      }
    }
    const { length } = utf8Encode(description)
    if (length > INDICATOR_DESCRIPTION_BYTES_MAX)
      return limit(`at most ${INDICATOR_DESCRIPTION_BYTES_MAX} bytes of description`)
    if (this.#descriptionBytes + length > INDICATOR_TEXT_BYTES_MAX)
      return limit(`at most ${INDICATOR_TEXT_BYTES_MAX} bytes of descriptions together`)
    this.#descriptionBytes += length
    this.#descriptions.set(description, this.#descriptions.size)
    return this.#descriptions.size - 1
  }

  #putDigest(type: DigestType, value: string, description: number): Refusal | null {
    if (value.length !== DIGEST_DIGITS[type]) return unexpected(type, value)
    const words = this.#digest.fill(0)
    for (let i = 0; i < value.length; i++) {
      const digit = hexDigit(value.charCodeAt(i))
      if (digit < 0) return unexpected(type, value)
      if (i < LISTED_DIGEST_DIGITS) words[i >> 3] = ((words[i >> 3] ?? 0) << 4) | digit
    }
    const list = this.digests[type]
    for (const word of words) list.push(word)
    list.push(description)
    return null
  }

  /** @param prefix - null of an address; a network of one address is that address */
  #putAddress(type: 'ip' | 'network', text: string, prefix: number | null, description: number): Refusal | null {
    const words = this.#address
    const family = this.#parseAddress(text)
    if (family === 0) return unexpected(type, text)
    // A network inside ::ffff:0:0/96 is one of IPv4 addresses.
    const mapped = family === 4 && text.includes(':') ? 96 : 0
    const bits = prefix === null ? PREFIX_BITS_MAX[family] : prefix - mapped
    const first = family === 4 ? 3 : 0
    let isNetwork = bits > 0 && bits <= PREFIX_BITS_MAX[family]
    for (let i = first; i < 4; i++) isNetwork &&= isMasked(words[i] ?? 0, bits - 32 * (i - first))
    if (!isNetwork) return unexpected(type, `${text}/${prefix}`)
    const list = family === 4 ? this.ipv4 : this.ipv6
    for (let i = first; i < 4; i++) list.push(words[i] ?? 0)
    list.push(bits)
    list.push(description)
    return null
  }

  #parseAddress(text: string): 0 | 4 | 6 {
    if (text.length > this.#text.length || text.includes('%')) return 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      // A byte of this number is in no address.
      this.#text[i] = code > 0x7f ? 0 : code
    }
    return parseAddress(this.#text, 0, text.length, this.#address)
  }

  #putName(type: NameType, raw: string, description: number): Refusal | null {
    if (raw.length > INDICATOR_VALUE_BYTES_MAX) return limit(`at most ${INDICATOR_VALUE_BYTES_MAX} bytes of ${type}`)
    const value = normalName(type, raw)
    if (value === null) return unexpected(type, raw)
    const bytes = utf8Encode(value)
    if (bytes.length > INDICATOR_VALUE_BYTES_MAX) return limit(`at most ${INDICATOR_VALUE_BYTES_MAX} bytes of ${type}`)
    const names = this.names[type]
    if (names.bytes.length + bytes.length > INDICATOR_TEXT_BYTES_MAX)
      return limit(`at most ${INDICATOR_TEXT_BYTES_MAX} bytes of ${type} together`)
    names.starts.push(names.bytes.length)
    names.bytes.append(bytes)
    names.descriptions.push(description)
    return null
  }
}

function noNames(): ListedNames {
  return { bytes: new GrowingBytes(), starts: new GrowingWords(), descriptions: new GrowingWords() }
}

const SHOWN_CHARS = 80

function unexpected(type: IndicatorType, value: string): Refusal {
  const found = JSON.stringify(value.slice(0, SHOWN_CHARS))
  return { code: 'content/schema', message: `Cannot read indicator: expected ${EXPECTED[type]}, found ${found}` }
}

function limit(expected: string): Refusal {
  return { code: 'content/limit', message: `Cannot read indicator: expected ${expected}` }
}

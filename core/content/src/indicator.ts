import { foldCase, SHA256_HEX } from '@firebreak/kernel'
import type { Position } from './errors.ts'
import { INDICATOR_DESCRIPTION_CHARS_MAX, INDICATOR_VALUE_CHARS_MAX } from './limits.ts'
import type { Problems } from './problems.ts'

/** The order is that of the type numbers in an image. */
export const INDICATOR_TYPES = ['ip', 'domain', 'filename', 'sha256'] as const
export type IndicatorType = (typeof INDICATOR_TYPES)[number]

export interface Indicator {
  readonly type: IndicatorType
  /** In the form that is compared: lower case, an IPv6 address as written, a domain without its final dot. */
  readonly value: string
  readonly description: string
}

/**
 * The fields that each type is compared with; an image that has such an indicator declares them.
 *
 * sha256 names none: no sensor supplies hashes yet, and an indicator list must not make an image need a field that its
 * engine doesn't supply. Such indicators are carried in the image, and inert; the compiler counts them.
 */
export const INDICATOR_FIELDS: { readonly [T in IndicatorType]: readonly (readonly [string, string])[] } = {
  ip: [['network_connection', 'DestinationIp']],
  domain: [['network_connection', 'DestinationHostname']],
  filename: [
    ['file_event', 'Image'],
    ['file_event', 'TargetFilename'],
    ['network_connection', 'Image'],
    ['process_creation', 'Image'],
  ],
  sha256: [],
}

const ROW_CHARS_MAX = 2_048
const HEADER = 'type,value,description'
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}$/
const DOMAIN = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)+$/

/** Reads one CSV file; the header must be `type,value,description`. Every bad row is a diagnostic at its line. */
export function parseIndicators(file: string, text: string, problems: Problems): readonly Indicator[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (lines[0] !== HEADER) {
    problems.add('content/schema', `Cannot read indicators: expected the header ${HEADER}`, {
      file,
      line: 1,
      column: 1,
    })
    return []
  }
  const indicators: Indicator[] = []
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line === '') continue
    const indicator = parseRow(line, { file, line: i + 1, column: 1 }, problems)
    if (indicator !== null) indicators.push(indicator)
  }
  return indicators
}

function parseRow(line: string, at: Position, problems: Problems): Indicator | null {
  if (line.length > ROW_CHARS_MAX) {
    return problems.add('content/limit', `Cannot read indicator: expected at most ${ROW_CHARS_MAX} characters`, at)
  }
  const cells = splitRow(line)
  const [typeText = '', raw = '', description = ''] = cells ?? []
  if (cells?.length !== 3) {
    return problems.add('content/schema', 'Cannot read indicator: expected three values: type,value,description', at)
  }
  const type = INDICATOR_TYPES.find((one) => one === typeText)
  if (type === undefined) {
    const message = `Cannot read indicator: expected type ${INDICATOR_TYPES.join(', ')}, found ${JSON.stringify(typeText)}`
    return problems.add('content/schema', message, at)
  }
  const valueAt = { ...at, column: typeText.length + 2 }
  if (raw.length > INDICATOR_VALUE_CHARS_MAX || description.length > INDICATOR_DESCRIPTION_CHARS_MAX) {
    return problems.add('content/limit', 'Cannot read indicator: expected at most 255 characters a value', valueAt)
  }
  const value = normalise(type, raw)
  if (value !== null && description.isWellFormed()) return { type, value, description }
  const message = `Cannot read indicator: expected ${EXPECTED[type]}, found ${JSON.stringify(raw)}`
  return problems.add('content/schema', message, valueAt)
}

const EXPECTED: Readonly<Record<IndicatorType, string>> = {
  ip: 'an IPv4 or IPv6 address',
  domain: 'a domain name',
  filename: 'an absolute path, or a file name without a slash',
  sha256: '64 hex digits',
}

/** The form that is compared, or null when `raw` is not of the type. */
function normalise(type: IndicatorType, raw: string): string | null {
  const value = foldCase(raw)
  if (type === 'ip') return IPV4.test(value) || IPV6.test(value) ? value : null
  if (type === 'sha256') return SHA256_HEX.test(value) ? value : null
  if (type === 'domain') {
    const name = value.replace(/\.$/, '')
    return DOMAIN.test(name) ? name : null
  }
  const isName = value !== '' && value.isWellFormed() && (value.startsWith('/') || !value.includes('/'))
  return isName ? value : null
}

/** One CSV row (RFC 4180) without line breaks in quotes; null when a quote does not end. */
function splitRow(line: string): readonly string[] | null {
  const cells: string[] = []
  let at = 0
  for (;;) {
    const quoted = line.charAt(at) === '"'
    const match = (quoted ? /"((?:[^"]|"")*)"/y : /([^,"]*)/y).exec(line.slice(at))
    if (match === null) return null
    cells.push(quoted ? (match[1] ?? '').replaceAll('""', '"') : (match[1] ?? ''))
    at += match[0].length
    if (at === line.length) return cells
    if (line.charAt(at) !== ',') return null
    at++
  }
}

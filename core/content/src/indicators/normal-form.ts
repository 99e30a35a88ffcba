import { foldCase } from '@firebreak/kernel'
import type { IndicatorType, NameType } from './types.ts'

/** What a value of each type is, for messages. */
export const EXPECTED: Readonly<Record<IndicatorType, string>> = {
  ip: 'an IPv4 or IPv6 address',
  network: 'a network like 192.0.2.0/24, its other bits zero, not of every address',
  md5: '32 hex digits',
  sha1: '40 hex digits',
  sha256: '64 hex digits',
  domain: 'a domain name of at least two labels, an international one as xn--',
  url: 'a URL with scheme and host',
  filename: 'an absolute path, or a file name without a separator, and no wildcard',
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
/** The last label is not a number: that would be an address with something missing. */
const DOMAIN = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*\\.(?!\\d+$)${LABEL}$`)
const URL = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^/?#\s\\][^\s#]*$/
const ABSOLUTE = /^(?:\/|\\|[a-z]:[/\\])/
const SEPARATOR = /[/\\]/

/** The folded form of a name that is compared, or null when `raw` is no such name. */
export function normalName(type: NameType, raw: string): string | null {
  if (!isPrintable(raw)) return null
  const value = foldCase(raw)
  if (type === 'domain') return domain(value)
  return type === 'url' ? url(value) : filename(value)
}

/** Well-formed text without control characters, which would end in people's terminals. */
export function isPrintable(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}

function domain(value: string): string | null {
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  return DOMAIN.test(name) ? name : null
}

/** Without its fragment, which no client sends, and without the slash of an empty path. */
function url(value: string): string | null {
  const [whole = ''] = value.split('#', 1)
  if (!URL.test(whole)) return null
  const pathAt = whole.indexOf('/', whole.indexOf('://') + 3)
  return pathAt === whole.length - 1 ? whole.slice(0, -1) : whole
}

function filename(value: string): string | null {
  if (value === '' || value === '.' || value === '..' || /[*?]/.test(value)) return null
  if (!SEPARATOR.test(value)) return value
  return ABSOLUTE.test(value) && !/[/\\]$/.test(value) ? value : null
}

/** Undoes how people make addresses harmless to click: `hxxp://`, `1.2.3[.]4`, `evil[dot]com`. */
export function refang(raw: string): string {
  if (!/[[(]|^hxxp/i.test(raw)) return raw
  return raw
    .replace(/^hxxp/i, 'http')
    .replace('[://]', '://')
    .replaceAll('[:]', ':')
    .replaceAll(/\[\.\]|\(\.\)|\[dot\]/gi, '.')
}

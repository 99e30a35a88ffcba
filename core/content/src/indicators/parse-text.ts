import { refang } from './normal-form.ts'
import { addIndicator, eachLine, type IndicatorReader, problem } from './reader.ts'
import type { IndicatorType } from './types.ts'

const DIGESTS: ReadonlyMap<number, IndicatorType> = new Map([
  [32, 'md5'],
  [40, 'sha1'],
  [64, 'sha256'],
])
/** Endings of files that are no top-level domains: such a name is no domain that somebody could have meant. */
const FILE_ENDING =
  /\.(?:bat|bin|cmd|cpl|dat|dll|docx?|elf|exe|hta|iso|jar|jse?|lnk|msi|ocx|ps1|scr|so|sys|tmp|txt|vb[es]|xlsx?)$/i

/**
 * One value a line, its type by its shape, and after `;` a description if there is one, as LOKI and Spamhaus write it;
 * `#` begins a line of comment. A name with a dot is a domain: a file is only meant by a path, since `install.sh` is both.
 */
export function parsePlainText(text: string, reader: IndicatorReader): void {
  eachLine(text, reader, (line, at) => {
    const row = line.trim()
    if (row === '' || row.startsWith('#') || row.startsWith(';')) return
    const cut = row.indexOf(';')
    const value = refang((cut < 0 ? row : row.slice(0, cut)).trim())
    const type = typeOf(value)
    if (type === null) return problem(reader, 'content/schema', refusal(row), at)
    if (type === 'url' && cut >= 0) {
      const why = 'a URL may contain a semicolon itself: expected it, with its description, in a CSV file'
      return problem(reader, 'content/schema', why, at)
    }
    const column = line.length - line.trimStart().length + 1
    addIndicator(reader, type, value, cut < 0 ? '' : row.slice(cut + 1).trim(), { ...at, column })
  })
}

function typeOf(value: string): IndicatorType | null {
  if (value.includes('://')) return 'url'
  const digest = DIGESTS.get(value.length)
  if (digest !== undefined && /^[0-9a-f]*$/i.test(value)) return digest
  if (/^[0-9.]+$/.test(value) || /^[0-9a-f]*:[0-9a-f:.]*$/i.test(value)) return 'ip'
  if (/^[0-9a-f.:]+\/[0-9]+$/i.test(value)) return 'network'
  if (/^[/\\]|^[a-z]:[/\\]/i.test(value)) return 'filename'
  return value.includes('.') && !FILE_ENDING.test(value) && !/[/\\]/.test(value) ? 'domain' : null
}

function refusal(row: string): string {
  const found = JSON.stringify(row.slice(0, 80))
  return `expected an address, network, digest, domain, URL or absolute path, found ${found}; other file names go into CSV`
}

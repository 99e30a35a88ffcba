import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { sha256Hex } from '@firebreak/crypto'
import type { HostEvent } from '@firebreak/detect'
import type { Corpus } from '@firebreak/gate'
import {
  absentAs,
  list,
  malformed,
  nullable,
  parseJson,
  type Reader,
  record,
  text,
  utf8Decode,
  utf8Encode,
} from '@firebreak/kernel'

/** Of the file as it lies there, and of what it unpacks to. */
const FILE_BYTES_MAX = 64 * 1024 * 1024
const UNPACKED_BYTES_MAX = 256 * 1024 * 1024
const EVENTS_MAX = 1_000_000
const LINE_BYTES_MAX = 1024 * 1024
const NAME_CHARS_MAX = 1_024
const TECHNIQUES_MAX = 16
/** Of an event that says none: the one that our sensors report. */
const PRODUCT = 'linux'
/** Of an event in flat JSON: what says its log source, and when it was. The rest are fields. */
const FLAT_HEAD: ReadonlySet<string> = new Set(['category', 'product', 'service', 'logsource', 'timeMs', 'techniques'])

type FieldValue = HostEvent['fields'][string]
const unzip = promisify(gunzip)

/**
 * Reads a corpus: JSON lines, packed with gzip or not. A line is an event of ours, `{category, product, service?, timeMs, fields, techniques?}`, or
 * flat JSON, `{category, product?, service?, ...fields}`, where `logsource` may hold the first three, and an event with a `Channel` needs none. A line that is neither is refused with its
 * number, and the corpus with it: the rate of a rule over those that could be read would be of other events than somebody meant.
 *
 * @throws KernelError kernel/malformed; errors of the file system as they are
 */
export async function readCorpus(file: string, kind: Corpus['kind']): Promise<Corpus> {
  const name = basename(file)
  const { size } = await stat(file)
  if (size > FILE_BYTES_MAX) throw malformed(name, `at most ${FILE_BYTES_MAX} bytes`, size)
  const bytes = await readFile(file)
  return { name, kind, digest: sha256Hex(bytes), ...parseCorpus(await unpacked(bytes, name), name) }
}

/** @throws KernelError kernel/malformed */
export function parseCorpus(bytes: Uint8Array, name: string): Pick<Corpus, 'events' | 'techniques'> {
  const events: HostEvent[] = []
  const techniques: (readonly string[])[] = []
  for (const [i, line] of utf8Decode(bytes).split('\n').entries()) {
    if (line.trim() === '') continue
    const at = `${name}:${i + 1}`
    if (events.length === EVENTS_MAX) throw malformed(at, `at most ${EVENTS_MAX} events`, 'more')
    const json = record(parseJson(utf8Encode(line), LINE_BYTES_MAX, at), at)
    events.push(eventOf(json, at))
    techniques.push(techniquesOf(json['techniques'], `${at}.techniques`))
  }
  return { events, techniques }
}

async function unpacked(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await unzip(bytes, { maxOutputLength: UNPACKED_BYTES_MAX })
  } catch {
    throw malformed(name, `gzip of at most ${UNPACKED_BYTES_MAX} bytes`, 'something else')
  }
}

type JsonObject = ReturnType<typeof record>

function eventOf(json: JsonObject, at: string): HostEvent {
  const isOurs = typeof json['fields'] === 'object' && json['fields'] !== null
  const source = isOurs || json['logsource'] === undefined ? json : record(json['logsource'], `${at}.logsource`)
  const part = (key: string) => nullable(name)(source[key] ?? null, `${at}.${key}`)
  const [category, service] = [part('category'), part('service')]
  const saysNothing = category === null && service === null
  if (saysNothing && !('Channel' in json)) throw malformed(at, 'a category, a service or a Channel', 'none')
  const product = part('product') ?? (saysNothing ? null : PRODUCT)
  const timeMs = absentAs(0, time)(json['timeMs'], `${at}.timeMs`)
  const entries = isOurs
    ? Object.entries(record(json['fields'], `${at}.fields`))
    : Object.entries(json).filter(([key]) => !FLAT_HEAD.has(key))
  return { category, product, ...(service !== null && { service }), timeMs, fields: fieldsOf(entries, at) }
}

/** `Object.fromEntries`: a field may be called `__proto__`. */
function fieldsOf(entries: readonly (readonly [string, unknown])[], at: string): HostEvent['fields'] {
  return Object.fromEntries(entries.map(([key, value]) => [key, fieldValue(value, `${at}.${key}`)]))
}

const name: Reader<string> = text(NAME_CHARS_MAX)

const time: Reader<number> = (value, at) => {
  if (typeof value !== 'number') throw malformed(at, 'a number of milliseconds', value)
  return value
}

const fieldValue: Reader<FieldValue> = (value, at) => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  throw malformed(at, 'text, a number, true, false or null', value)
}

const techniquesOf = absentAs<readonly string[]>([], list(text(32), TECHNIQUES_MAX))

import type { Position } from '../errors.ts'
import { INDICATOR_DESCRIPTION_BYTES_MAX, INDICATORS_MAX, STIX_PATTERN_CHARS_MAX } from './limits.ts'
import { isPrintable } from './normal-form.ts'
import { addIndicator, type IndicatorReader, problem } from './reader.ts'
import { parseStixPattern } from './stix-pattern.ts'

type StixObject = Readonly<Record<string, unknown>>

/**
 * A STIX 2.1 bundle. Of its objects only indicators are read: a withdrawn one (`revoked`) is left out, and so are objects
 * of other types. `valid_until` is refused by name: an image has no clock, and an indicator that was to end would stay for ever.
 * `valid_from` is not compared. All comparisons of a pattern get the indicator's name.
 *
 * @see STIX 2.1, 4.7
 */
export function parseStix(text: string, reader: IndicatorReader): void {
  const top: Position = { file: reader.file, line: 1, column: 1 }
  const bundle = parseJson(text)
  const objects = isObject(bundle) && bundle['type'] === 'bundle' ? (bundle['objects'] ?? []) : null
  if (!Array.isArray(objects)) {
    return problem(
      reader,
      'content/schema',
      'expected a STIX bundle: JSON with type "bundle" and a list of objects',
      top,
    )
  }
  const places = new Places(text, reader.file)
  const seen = new Set<string>()
  for (const object of objects as readonly unknown[]) {
    if (!isObject(object) || typeof object['type'] !== 'string') {
      problem(reader, 'content/schema', 'expected an object with a type', places.last())
    } else if (reader.list.count >= INDICATORS_MAX) {
      return problem(reader, 'content/limit', `expected at most ${INDICATORS_MAX} indicators in a pack`, places.last())
    } else if (object['type'] === 'indicator') {
      parseIndicator(object, reader, places, seen)
    }
  }
}

function parseIndicator(object: StixObject, reader: IndicatorReader, places: Places, seen: Set<string>): void {
  const { id, revoked, pattern_type: language, pattern, name } = object
  if (typeof id !== 'string' || !/^indicator--[0-9a-f-]{36}$/.test(id)) {
    return problem(reader, 'content/schema', 'expected an id like indicator--UUID', places.last())
  }
  const at = places.of(id)
  const refuse = (why: string): void => problem(reader, 'content/schema', `${id}: ${why}`, at)
  if (seen.has(id)) return refuse('expected one version of it, found another')
  seen.add(id)
  if (revoked === true) return
  if (object['valid_until'] !== undefined) return refuse('valid_until is not supported: an image has no clock')
  if (language !== 'stix') return refuse(`expected pattern_type "stix", found ${shown(language)}`)
  if (typeof pattern !== 'string' || pattern.length > STIX_PATTERN_CHARS_MAX) {
    return refuse(`expected a pattern of at most ${STIX_PATTERN_CHARS_MAX} characters`)
  }
  const comparisons = parseStixPattern(pattern)
  if ('why' in comparisons) return refuse(`pattern, character ${comparisons.offset + 1}: ${comparisons.why}`)
  const description = isName(name) ? name : id
  for (const { type, value } of comparisons) addIndicator(reader, type, value, description, at)
}

/** Names are for people and may be missing, long or of several lines; then the id says what matched. */
function isName(name: unknown): name is string {
  return typeof name === 'string' && 3 * name.length <= INDICATOR_DESCRIPTION_BYTES_MAX && isPrintable(name)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function isObject(value: unknown): value is StixObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60)
}

/** Lines of objects, which `JSON.parse` does not tell: found by their ids, in one pass, as they come in order. */
class Places {
  readonly #text: string
  readonly #file: string
  #at = 0
  #line = 1
  #isLost = false

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  /** The line of the object with this id; that of the last one found once an id is written in a way that hides it. */
  of(id: string): Position {
    if (this.#isLost) return this.last()
    let found = this.#text.indexOf(id, this.#at)
    while (found >= 0 && !/"id"\s*:\s*"$/.test(this.#text.slice(Math.max(0, found - 32), found))) {
      found = this.#text.indexOf(id, found + id.length)
    }
    // Searching to the end for each of many hidden ids would be quadratic.
    this.#isLost = found < 0
    for (; this.#at < found; this.#at++) if (this.#text.charCodeAt(this.#at) === 0x0a) this.#line++
    if (found >= 0) this.#at += id.length
    return this.last()
  }

  last(): Position {
    return { file: this.#file, line: this.#line, column: 1 }
  }
}

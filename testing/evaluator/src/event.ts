import { Text } from './text.ts'

/** A value is null, or text: numbers and booleans are compared by their text. */
export type Value = Text | null
/** Field name to its values. A field that is an object or an empty list has none of its own. */
export type Fields = ReadonlyMap<string, readonly Value[]>

const INTEGER_TOKEN = /^-?\d+$/

/**
 * JSON text as an event, with every number kept as precise as it was written: an integer beyond a double becomes a
 * bigint, a number beyond all doubles its own text.
 *
 * @throws SyntaxError as JSON.parse
 */
export function parseEvent(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value
    if (INTEGER_TOKEN.test(source)) return BigInt(source)
    return Number.isFinite(value) ? value : source
  })
}

/**
 * The fields of an event. Nested names are joined by `.`, attributes of XML by `_`; envelopes of Windows events leave
 * no trace in names; spaces are stripped. Of two objects that give one name, the first stays, of two keys of one object
 * the last; elements of a list are
 * values of one field. An object is a field without values besides. What is no object is no event, and has no fields.
 */
export function flatten(event: unknown): Fields {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return new Map()
  return flattenAt(event, { path: [], name: '', joint: '.' })
}

/** Where in the event a value stands. */
interface Place {
  /** Keys from the root. */
  readonly path: readonly string[]
  /** Name of the field so far. */
  readonly name: string
  /** Stands between the name and that of a child. */
  readonly joint: '.' | '_'
}

function flattenAt(value: unknown, place: Place): Map<string, Value[]> {
  const fields = new Map<string, Value[]>()
  if (typeof value === 'object' && value !== null && place.name !== '') fields.set(withoutSpaces(place.name), [])
  if (Array.isArray(value)) {
    for (const element of value) {
      for (const [name, values] of flattenAt(element, place)) fields.set(name, [...(fields.get(name) ?? []), ...values])
    }
  } else if (typeof value === 'object' && value !== null) {
    const own = new Set<string>()
    for (const [key, child] of Object.entries(value)) {
      const at = placeOf(place, key, child)
      for (const [name, values] of flattenAt(child, at)) {
        const isOwn = name === withoutSpaces(at.name)
        const isAgain = isOwn && own.has(name) && values.length > 0
        if ((fields.get(name) ?? []).length > 0 && !isAgain) continue
        fields.set(name, values)
        if (isOwn) own.add(name)
      }
    }
  } else {
    fields.set(withoutSpaces(place.name), [toValue(value)])
  }
  return fields
}

function withoutSpaces(name: string): string {
  return name.replaceAll(' ', '')
}

function placeOf(parent: Place, key: string, child: unknown): Place {
  const path = [...parent.path, key]
  const isObject = typeof child === 'object' && child !== null
  if (isObject && isEnvelope(path)) return { path, name: '', joint: '.' }
  if (isObject && key === '#attributes') return { path, name: parent.name, joint: '_' }
  if (parent.name === '') return { path, name: key, joint: '.' }
  if (key.startsWith('@')) return { path, name: `${parent.name}_${key.slice(1)}`, joint: '.' }
  if (key === '#text' && parent.joint === '.') return { path, name: parent.name, joint: '.' }
  return { path, name: parent.name + parent.joint + key, joint: '.' }
}

/** `Event`, `Event.System`, `Event.EventData`, `Event.UserData` and whatever is directly in the latter. */
function isEnvelope([first, second, ...rest]: readonly string[]): boolean {
  if (first !== 'Event') return false
  if (second === undefined) return true
  if (second === 'UserData') return rest.length <= 1 && rest[0] !== '#attributes'
  return rest.length === 0 && (second === 'System' || second === 'EventData')
}

function toValue(value: unknown): Value {
  return value === null || value === undefined ? null : new Text(scalarText(value))
}

/** The text of a number, boolean or string: the same for values of rules and of events. */
export function scalarText(value: unknown): string {
  // String(-0) is '0', and a bigint is written as its digits.
  return String(value)
}

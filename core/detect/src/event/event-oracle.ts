/**
 * For tests: what the fields of an event are, by way of JSON.parse. Slow and obvious; shares nothing with the reader.
 * Keys may be repeated only for values that are no objects or lists (see docs/events.md).
 */
export function flattenedFields(text: string): Map<string, string[]> {
  const fields = new Map<string, { owner: object; list: object | null; values: string[] }>()
  const put = (name: string, owner: object, list: object | null, values: string[]): void => {
    const known = fields.get(name)
    if (known === undefined) fields.set(name, { owner, list, values })
    else if (list !== null && known.list === list) known.values.push(...values)
  }
  const visit = (value: object, prefix: string, path: string, list: object | null, inAttributes = false): void => {
    for (const [key, member] of Object.entries(value)) {
      const name = joined(prefix, inAttributes, key.replaceAll(' ', ''))
      const here = `${path}/${key.replaceAll(' ', '')}`
      if (Array.isArray(member)) {
        put(name, value, list, scalarsOf(member))
        for (const object of objectsOf(member)) visit(object, name, '/list', list ?? member)
      } else if (member !== null && typeof member === 'object') {
        const attributes = key === '#attributes' && !inAttributes
        visit(member, attributes || isEnvelope(here) ? prefix : name, here, list, attributes)
      } else put(name, value, list, [scalarText(member)])
    }
  }
  visit(JSON.parse(text), '', '', null)
  return new Map([...fields].map(([name, { values }]) => [name, values]))
}

function joined(prefix: string, inAttributes: boolean, key: string): string {
  if (prefix === '') return key
  if (inAttributes) return `${prefix}_${key.startsWith('@') ? key.slice(1) : key}`
  if (key === '#text') return prefix
  return key.startsWith('@') ? `${prefix}_${key.slice(1)}` : `${prefix}.${key}`
}

function isEnvelope(path: string): boolean {
  return /^\/Event(\/(System|EventData|UserData(\/[^/]*)?))?$/.test(path)
}

function scalarsOf(list: readonly unknown[]): string[] {
  return list.flatMap((one) => {
    if (Array.isArray(one)) return scalarsOf(one)
    return one !== null && typeof one === 'object' ? [] : [scalarText(one)]
  })
}

function objectsOf(list: readonly unknown[]): object[] {
  return list.flatMap((one) =>
    Array.isArray(one) ? objectsOf(one) : one !== null && typeof one === 'object' ? [one] : [],
  )
}

/** Null as a character that no test writes. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed()
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '\0null'
}

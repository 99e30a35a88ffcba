import { type Element, isElement, joined } from './binary-xml.ts'
import type { Value } from './values.ts'

type Fields = Record<string, Value>

/**
 * The XML of an event as one flat object, with the names that Sigma rules use: what is under `System` by its name
 * (`EventID`, `Channel`, `Computer`), attributes joined to it (`Provider_Name`, `Execution_ProcessID`; the time is
 * `TimeCreated`), `Data` elements by their `Name`, those without one together under `Data`, other elements by their own
 * name. A name that comes twice has a list of values. What would hide a part of `System` gets the name of its section in
 * front: `UserData_Channel`.
 */
export function eventFields(event: Element): Readonly<Fields> {
  const fields: Fields = Object.create(null)
  const sections = event.content.filter(isElement)
  for (const section of sections) {
    if (section.name === 'System') for (const one of section.content.filter(isElement)) addSystem(one, fields)
  }
  const taken = new Set(Object.keys(fields))
  for (const section of sections) {
    if (section.name !== 'System') addLeaves(section, section.name, taken, fields)
  }
  return fields
}

function addSystem(element: Element, fields: Fields): void {
  add(fields, element.name, joined(element.content))
  for (const [name, value] of element.attributes) {
    const isTime = element.name === 'TimeCreated' && name === 'SystemTime'
    add(fields, isTime ? 'TimeCreated' : `${element.name}_${name}`, value)
  }
}

function addLeaves(element: Element, section: string, taken: ReadonlySet<string>, fields: Fields): void {
  for (const child of element.content.filter(isElement)) {
    if (child.content.some(isElement)) addLeaves(child, section, taken, fields)
    else {
      const name = dataName(child)
      add(fields, taken.has(name) ? `${section}_${name}` : name, joined(child.content))
    }
  }
}

function dataName({ name, attributes }: Element): string {
  const given = name === 'Data' ? attributes.find(([attribute]) => attribute === 'Name')?.[1] : undefined
  return typeof given === 'string' && given !== '' ? given : name
}

function add(fields: Fields, name: string, value: Value): void {
  if (value === null) return
  const before = fields[name]
  // Only Data may repeat, in practice; a list keeps every value of a hostile one, too.
  fields[name] = before === undefined || before === null ? value : [before, value].flat()
}

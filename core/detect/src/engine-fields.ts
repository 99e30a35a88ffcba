import { INDICATOR_FIELDS, type ImageTables, indicatorLookups } from '@firebreak/content'
import { withTimeFields } from './event/index.ts'
import { routingFields } from './router.ts'

/** Fields that a sensor fills in only when somebody reads them: each costs it a look at a file. */
const ON_REQUEST: ReadonlySet<string> = new Set(['Hashes'])

/** Of the fields that are filled in on request, those that this image reads. */
export function fieldsOnRequest(tables: ImageTables): readonly string[] {
  return engineFields(tables).filter((name) => ON_REQUEST.has(name))
}

/** The fields of an event that an engine looks at: those of the image, by its numbers, then its own. */
export function engineFields(tables: ImageTables): readonly string[] {
  const names = Array.from(tables.fields, (id) => tables.strings.text(id))
  const indicators = indicatorLookups(tables.indicators).flatMap((lookup) => INDICATOR_FIELDS[lookup])
  const own = [...routingFields(tables, names), ...indicators]
  return withTimeFields([...new Set([...names, ...own])])
}

import { INDICATOR_FIELDS, type ImageTables, indicatorLookups } from '@firebreak/content'
import { withTimeFields } from './event/index.ts'
import { routingFields } from './router.ts'

/** The fields of an event that an engine looks at: those of the image, by its numbers, then its own. */
export function engineFields(tables: ImageTables): readonly string[] {
  const names = Array.from(tables.fields, (id) => tables.strings.text(id))
  const indicators = indicatorLookups(tables.indicators).flatMap((lookup) => INDICATOR_FIELDS[lookup])
  const own = [...routingFields(tables, names), ...indicators]
  return withTimeFields([...new Set([...names, ...own])])
}

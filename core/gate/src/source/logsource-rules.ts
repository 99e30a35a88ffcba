import { type DetectionItem, entryOf, quoted, type SigmaDocument, textOf, valueOf } from './document.ts'
import { misspelled } from './misspelled.ts'
import type { Found, SourceRule } from './source-rule.ts'

const ATTRIBUTES: readonly string[] = ['category', 'product', 'service', 'definition']

export const LOGSOURCE_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-logsource-attribute',
    severity: 'error',
    reason:
      'A log source is chosen by category, product and service alone: what another attribute says narrows nothing.',
    mend: 'Use category, product, service or definition, and say other things outside of logsource.',
    pysigma: ['FieldnameLogsource'],
    find: ({ documents }) => documents.flatMap(foreignAttributes),
  },
  {
    code: 'gate/source-logsource-specific',
    severity: 'warning',
    reason: 'The EventID of one Windows log misses the same event of every other sensor, which a category has.',
    mend: 'Name the category instead of the service and its EventID.',
    pysigma: ['SpecificInsteadOfGenericLogsource'],
    find: ({ documents }) => documents.flatMap(specificEventIds),
  },
]

function foreignAttributes({ map }: SigmaDocument): readonly Found[] {
  const source = valueOf(map, 'logsource')
  if (source?.kind !== 'mapping') return []
  return source.entries
    .filter(({ key }) => !ATTRIBUTES.includes(key))
    .map(({ key, keyAt }) => {
      const message = `A log source has no attribute ${quoted(key)}.`
      const meant = misspelled(key, ATTRIBUTES)
      if (meant === null || entryOf(source, meant) !== null) return { message, at: keyAt }
      return { message, at: keyAt, fix: `Write ${meant} for ${key}.`, edit: { from: key, to: meant } }
    })
}

/**
 * The category of each event that one has, by EventID. 4 and 16 are of sysmon_status.
 *
 * @see Sigma specification 2.1.0, Taxonomy Appendix; Sysmon's manual, Events
 */
const CATEGORIES: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  security: new Map([[4688, 'process_creation']]),
  sysmon: new Map([
    [1, 'process_creation'],
    [2, 'file_change'],
    [3, 'network_connection'],
    [4, 'sysmon_status'],
    [5, 'process_termination'],
    [6, 'driver_load'],
    [7, 'image_load'],
    [8, 'create_remote_thread'],
    [9, 'raw_access_thread'],
    [10, 'process_access'],
    [11, 'file_event'],
    [12, 'registry_event'],
    [13, 'registry_set'],
    [14, 'registry_rename'],
    [15, 'create_stream_hash'],
    [16, 'sysmon_status'],
    [17, 'pipe_created'],
    [18, 'pipe_created'],
    [19, 'wmi_event'],
    [20, 'wmi_event'],
    [21, 'wmi_event'],
    [22, 'dns_query'],
    [23, 'file_delete'],
    [24, 'clipboard_change'],
    [25, 'process_tampering'],
    [26, 'file_delete_detected'],
    [27, 'file_block_executable'],
    [28, 'file_block_shredding'],
    [29, 'file_executable_detected'],
    [255, 'sysmon_error'],
  ]),
}

function specificEventIds({ map, items }: SigmaDocument): readonly Found[] {
  const source = valueOf(map, 'logsource')
  if (source?.kind !== 'mapping' || textOf(valueOf(source, 'product'))?.toLowerCase() !== 'windows') return []
  const service = textOf(valueOf(source, 'service'))?.toLowerCase() ?? ''
  const categories = Object.hasOwn(CATEGORIES, service) ? CATEGORIES[service] : undefined
  if (categories === undefined) return []
  return items.filter(isEventId).flatMap(({ values }) =>
    values.flatMap(({ value, at }) => {
      const category = categories.get(Number(value))
      if (category === undefined) return []
      const message = `EventID ${value} of ${service} is an event of the category ${category}.`
      const isOneOfMany = [...categories.values()].filter((one) => one === category).length > 1
      const then = isOneOfMany ? ', and keep the EventID' : items.every(isEventId) ? '' : ', and leave the EventID out'
      return [{ message, at, fix: `Write category: ${category} for service: ${service}${then}.` }]
    }),
  )
}

function isEventId({ field, modifiers }: DetectionItem): boolean {
  return field === 'EventID' && modifiers.length === 0
}

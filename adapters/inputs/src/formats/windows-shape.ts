import { EVENT_BYTES_MAX, EventColumns, FieldNames, readJsonEvent } from '@firebreak/detect/json'

/**
 * The shapes in which events of Windows and Sysmon come as JSON, brought to one: names as the event has them, without
 * the envelope. The engine's own reader undoes `Event`, `System`, `EventData` and XML attributes; here is what else
 * collectors write. Sources: Elastic's winlogbeat (`winlog.*`, before version 7 `event_data`), NXLog (flat), converters
 * of XML to JSON (`Data` as a list of names and values).
 */
const ENVELOPES: readonly string[] = ['winlog.event_data.', 'event_data.', 'EventData.', 'System.']

const NAMES: ReadonlyMap<string, string> = new Map([
  ['winlog.channel', 'Channel'],
  ['log_name', 'Channel'],
  ['winlog.event_id', 'EventID'],
  ['event_id', 'EventID'],
  ['winlog.provider_name', 'Provider_Name'],
  ['source_name', 'Provider_Name'],
  ['SourceName', 'Provider_Name'],
  ['winlog.provider_guid', 'Provider_Guid'],
  ['ProviderGuid', 'Provider_Guid'],
  ['winlog.computer_name', 'Computer'],
  ['computer_name', 'Computer'],
  ['Hostname', 'Computer'],
  ['winlog.record_id', 'EventRecordID'],
  ['record_number', 'EventRecordID'],
  ['RecordNumber', 'EventRecordID'],
  ['winlog.version', 'Version'],
  ['winlog.opcode', 'Opcode'],
  ['winlog.task', 'Task'],
  ['winlog.process.pid', 'Execution_ProcessID'],
  ['winlog.process.thread.id', 'Execution_ThreadID'],
])

/** How converters call name and value of `<Data Name="Image">...</Data>`. */
const DATA_NAME = 'Data_Name'
const DATA_VALUES = new Set(['Data', 'Data_Value', 'Data_content', 'Data_text'])

const columns = new EventColumns(new FieldNames([]))

/** The values of one JSON event by name, the first of each; null when it is not one JSON object within the limits. */
export function readWindowsShape(line: Uint8Array): ReadonlyMap<string, string> | null {
  if (line.length > EVENT_BYTES_MAX || readJsonEvent(columns, line, 0, line.length) !== 'ok') return null
  const values = new Map<string, string>()
  let dataName: string | null = null
  for (const { field, value } of columns.entries()) {
    const name = plainName(field)
    if (name === DATA_NAME) {
      dataName = value
    } else if (dataName !== null && DATA_VALUES.has(name)) {
      keepFirst(values, dataName, value)
      dataName = null
    } else {
      keepFirst(values, name, value)
    }
  }
  return values
}

function keepFirst(values: Map<string, string>, name: string, value: string | null): void {
  if (value !== null && !values.has(name)) values.set(name, value)
}

function plainName(field: string): string {
  const known = NAMES.get(field)
  if (known !== undefined) return known
  const envelope = ENVELOPES.find((one) => field.startsWith(one))
  const name = envelope === undefined ? field : field.slice(envelope.length)
  // `Provider: {Name}` instead of attributes.
  return envelope === undefined ? name : name.replace('.', '_')
}

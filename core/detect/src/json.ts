// What an input of other programs' events needs of this package: it reads JSON as the engine does, and never loads what judges.
export { eventTime, TIME_FIELDS, timeAt } from './event/event-time.ts'
export { EventColumns } from './event/event-columns.ts'
export { FieldNames } from './event/field-names.ts'
export { EVENT_BYTES_MAX, EVENT_VALUES_MAX } from './event/limits.ts'
export { type JsonRefusal, readJsonEvent } from './event/read-json.ts'

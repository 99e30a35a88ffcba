// What a sensor needs of this package: it writes events, and never loads what judges them.
export { DetectError } from './errors.ts'
export { type RecordShape } from './event/record-tables.ts'
export { type RecordEvent as HostEvent, RecordBatchWriter, type RecordValue } from './event/record-writer.ts'

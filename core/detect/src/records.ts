// What a sensor needs of this package: it writes events, and never loads what judges them.
export { DetectError } from './errors.ts'
export { type RecordEvent as HostEvent, RecordBatchWriter } from './event/record-writer.ts'

export { InputError, type InputErrorCode } from './errors.ts'
export { BATCH_EVENTS_MAX, EventBatcher, type RefusalCounts } from './event-batcher.ts'
export { encodePosition, type FilePosition, parsePosition, POSITION_BYTES_MAX } from './file-position.ts'
export {
  contractedReader,
  FORMAT_NAMES,
  type FormatName,
  type InputKind,
  openReader,
  suppliesOf,
} from './formats/index.ts'
export type { PromisedSource } from './formats/sigma-json.ts'
export { type FileCounters, type FileRound, GrowingFile } from './growing-file.ts'
export { LINE_BYTES_MAX, ROUND_BYTES_MAX } from './limits.ts'
export { LINE_REFUSALS, type LineReader, type LineRefusal, type LineResult } from './line-reader.ts'
export { LineCutter } from './lines.ts'

export { type AppendLog, APPEND_LOG_BYTES_MAX, openAppendLog } from './append-log.ts'
export {
  DurableError,
  type DurableErrorCode,
  durableError,
  isErrno,
  openFolder,
  readDurable,
  removeDurable,
  syncFolder,
  writeDurable,
  type WriteStep,
} from './durable-fs.ts'

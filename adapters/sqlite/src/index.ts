export {
  Database,
  DATABASE_SIZE_BYTES_MAX,
  openDatabase,
  type OpenOptions,
  type SqlRow,
  type SqlValue,
  Statement,
} from './database.ts'
export { SqliteError, type SqliteErrorCode } from './errors.ts'

/** One event, as JSON. Longer ones are counted and skipped; a file may have any size. */
export const EVENT_SIZE_BYTES_MAX = 1024 * 1024
/** What is read from a file at a time. */
export const BLOCK_SIZE_BYTES = 256 * 1024
/** Bytes of a file, unpacked, by which its format is told. */
export const FORMAT_HEAD_SIZE_BYTES = 64 * 1024
/** Folders in one another. */
export const FOLDER_DEPTH_MAX = 32
/** Files of one scan. */
export const FILES_MAX = 100_000

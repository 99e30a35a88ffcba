/** The compact record batch of the sensor; see docs/record-format.md. All numbers are little-endian. */
export const RECORD_BATCH_BYTES_MAX = 64 * 1024 * 1024
/** `FBRB`. */
export const RECORD_MAGIC = 0x42524246
export const RECORD_VERSION = 1

/** magic u32, version u32, batch length u32, names u16, sources u16, records u32, position of the first record u32. */
export const BATCH_HEADER_BYTES = 24
/** record length u32, source u16, fields u16, time in ms f64. */
export const RECORD_HEADER_BYTES = 16
/** name u16, kind u8 and length u24 in one u32. */
export const FIELD_HEADER_BYTES = 6
/** Names of a batch, and its log sources: their numbers are 16 bits. */
export const RECORD_NAMES_MAX = 65_535
/** UTF-8 bytes of a name, category, product or service. */
export const RECORD_NAME_BYTES_MAX = 1024

/** Of which log source an event is, in the words of Sigma. */
export interface RecordSource {
  readonly category: string | null
  readonly product: string | null
  readonly service: string | null
}

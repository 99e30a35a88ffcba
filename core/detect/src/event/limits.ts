/** One event: a JSON object or a record. Larger ones are refused and counted. */
export const EVENT_BYTES_MAX = 1024 * 1024
/** Objects and lists within each other, the event itself included. */
export const EVENT_DEPTH_MAX = 32
/** Scalars (text, numbers, true, false, null) of one event, whether a rule reads them or not. */
export const EVENT_VALUES_MAX = 4096
/** UTF-8 bytes of a value that the engine reads; more is cut off at a code point boundary and counted. */
export const FIELD_BYTES_MAX = 32_768
/** UTF-8 bytes of a field name, the names of the objects around it included. Longer ones are cut, so match nothing. */
export const NAME_BYTES_MAX = 4096

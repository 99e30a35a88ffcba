/** Limits of indicator lists and of their section in an image; the verifier enforces those of the section again. */

/** Rows of one pack, before duplicates go: a bound for memory too. */
export const INDICATORS_MAX = 2_000_000
/** One file; a million SHA-256 with a description each have about 100 million. */
export const INDICATOR_FILE_CHARS_MAX = 268_435_456
export const INDICATOR_ROW_CHARS_MAX = 8_192
/** UTF-8 of a domain, URL or file name in the form that is compared. */
export const INDICATOR_VALUE_BYTES_MAX = 2_048
/** UTF-8. */
export const INDICATOR_DESCRIPTION_BYTES_MAX = 512
/** UTF-8 of all names of one type together, and of all descriptions together. */
export const INDICATOR_TEXT_BYTES_MAX = 33_554_432
export const STIX_PATTERN_CHARS_MAX = 65_536

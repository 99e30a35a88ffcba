/** Every limit of the content compiler and the image. The verifier enforces those of the image again. */

export const RULES_MAX = 20_000
export const TESTS_MAX = 20_000
export const TEST_EVENTS_MAX = 1_000
export const TEST_FIELDS_MAX = 64
export const INDICATORS_MAX = 100_000
/** Problems that one pack can report; after that only their number grows. */
export const DIAGNOSTICS_MAX = 1_000

export const IDENTIFIERS_PER_RULE_MAX = 256
/** The largest item of SigmaHQ has 4,432 values. */
export const VALUES_PER_ITEM_MAX = 10_000
export const CONDITION_CHARS_MAX = 8_192
/** Nested parentheses and `not`s. */
export const CONDITION_DEPTH_MAX = 32
/** Decision nodes of one rule: an identifier that the condition names twice counts twice. */
export const NODES_PER_RULE_MAX = 16_384

/** Totals of one image. */
export const NODES_MAX = 1_000_000
export const PREDICATES_MAX = 500_000
export const FIELDS_MAX = 4_096
export const REGEXES_MAX = 10_000

export const TITLE_CHARS_MAX = 256
export const DESCRIPTION_CHARS_MAX = 65_536
export const TAGS_MAX = 64
export const TAG_CHARS_MAX = 128
export const FIELD_NAME_CHARS_MAX = 128
export const LOGSOURCE_CHARS_MAX = 64
export const VALUE_CHARS_MAX = 8_192
/** A value with every character escaped, as an image may carry it. */
export const STRING_CHARS_MAX = 2 * VALUE_CHARS_MAX + 2
export const INDICATOR_VALUE_CHARS_MAX = 255
export const INDICATOR_DESCRIPTION_CHARS_MAX = 255

export const IMAGE_SIZE_BYTES_MAX = 64 * 1024 * 1024
/** Worst-case steps per character of a field, all rules of the dearest category together. */
export const STEPS_PER_CHARACTER_MAX = 16_000_000

/** Every limit of the content compiler and the image. The verifier enforces those of the image again. */

export const RULES_MAX = 20_000
export const TESTS_MAX = 20_000
export const TEST_EVENTS_MAX = 1_000
export const TEST_FIELDS_MAX = 64
/** Problems that one pack can report; after that only their number grows. */
export const DIAGNOSTICS_MAX = 1_000

export const IDENTIFIERS_PER_RULE_MAX = 256
/** The largest item of SigmaHQ has 4,432 values. */
export const VALUES_PER_ITEM_MAX = 10_000
/** Text that was encoded twice, as scripts are, needs six. */
export const MODIFIERS_PER_ITEM_MAX = 12
/** UTF-16 units of all texts of one item, after placeholders, dashes and encodings have multiplied them. */
export const ITEM_CHARS_MAX = 4 * 1024 * 1024
/** Pieces (texts, wildcards) of all combinations of the placeholders of one value. */
export const PLACEHOLDER_PIECES_MAX = 100_000
export const CONDITION_CHARS_MAX = 8_192
/** Conditions of one rule, which are alternatives. */
export const CONDITIONS_PER_RULE_MAX = 256
/** Nested parentheses and `not`s. */
export const CONDITION_DEPTH_MAX = 32
/** Decision nodes of one rule: an identifier that the condition names twice counts twice. */
export const NODES_PER_RULE_MAX = 16_384

/** Totals of one image. */
export const NODES_MAX = 1_000_000
export const PREDICATES_MAX = 500_000
export const FIELDS_MAX = 4_096
export const REGEXES_MAX = 10_000
export const SELECTIONS_MAX = 500_000
export const VALUES_MAX = 4_000_000
export const WITNESSES_MAX = 1_000_000
export const GROUPS_MAX = 1_024
export const ROUTES_MAX = 65_536
export const FILTERS_MAX = 10_000
/** Of a customer's tuning image, which travels in their policy. */
export const TUNING_BYTES_MAX = 256 * 1024
/** Rules that one filter names. */
export const FILTER_TARGETS_MAX = 10_000
/** Tables for `expand`, and the texts of one of them. */
export const PLACEHOLDERS_MAX = 1_000
export const PLACEHOLDER_VALUES_MAX = 10_000
export const YARA_FILES_MAX = 1_024
export const YARA_FILE_BYTES_MAX = 1024 * 1024
/** Of one string of an image: a value with every character escaped, or the JSON of a rule's custom attributes. */
export const STRING_BYTES_MAX = 65_536
/** Worst-case steps for each byte of an event's longest field, all rules together. */
export const STEPS_PER_BYTE_MAX = 64_000_000

/** YAML documents of one Sigma file. */
export const SIGMA_DOCUMENTS_PER_FILE_MAX = 1_000
export const FILTERS_PER_RULE_MAX = 64

export const TITLE_CHARS_MAX = 256
/** Of the unique name by which correlations and filters refer to a rule. */
export const RULE_NAME_CHARS_MAX = 256
/** Custom attributes of one rule, as JSON in UTF-16 units. */
export const CUSTOM_CHARS_MAX = 20_000
export const CUSTOM_DEPTH_MAX = 16
export const SELECTION_NAME_CHARS_MAX = 256
export const DESCRIPTION_CHARS_MAX = 65_536
export const TAGS_MAX = 64
export const TAG_CHARS_MAX = 128
export const FIELD_NAME_CHARS_MAX = 128
export const LOGSOURCE_CHARS_MAX = 64
export const VALUE_CHARS_MAX = 8_192

/** A value with every character escaped, as an image may carry it. */
export const STRING_CHARS_MAX = 2 * VALUE_CHARS_MAX + 2

export const IMAGE_SIZE_BYTES_MAX = 64 * 1024 * 1024

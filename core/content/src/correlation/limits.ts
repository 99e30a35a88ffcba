/** Every limit of correlations. The verifier enforces those of the image again. */

/** Correlations of one pack. */
export const CORRELATIONS_MAX = 1_000
/** Rules and correlations that one correlation refers to. */
export const CORRELATION_RULES_MAX = 64
/** The same for all correlations of a pack together: bounds what one event can set off. */
export const CORRELATION_REFERENCES_MAX = 8_192
/** Of one correlation of type `temporal_ordered`, whose work for one event grows with the square. */
export const ORDERED_RULES_MAX = 16
/** A correlation over rules has depth 1. */
export const CORRELATION_DEPTH_MAX = 8
export const GROUP_FIELDS_MAX = 16
/** Fields of one value, which count as a tuple. */
export const VALUE_FIELDS_MAX = 8
export const ALIASES_MAX = 16
/** 30 days. */
export const TIMESPAN_SECONDS_MAX: number = 30 * 86_400
/** Entries (events, or distinct values) of one window; the engine keeps the newest. Counts are compared with less. */
export const WINDOW_ENTRIES_MAX = 10_000
/** `gte` and `lte`, say: a range. */
export const COMPARISONS_MAX = 2

/** Every limit of regular expressions. */

/** UTF-16 units of one pattern. */
export const REGEX_PATTERN_CHARS_MAX = 4_096
/** Groups within groups: bounds the recursion of the parser and of the code generator. */
export const REGEX_DEPTH_MAX = 100
/** The largest count in `{n,m}`, as in RE2. */
export const REGEX_REPEAT_MAX = 1_000
/** Instructions that one pattern is written out to, while it is compiled: repetitions multiply. */
export const REGEX_INSTRUCTIONS_MAX = 8_192
/** Ranges of one class. */
export const REGEX_CLASS_RANGES_MAX = 2_048
/** Instructions that the compiler visits to find what follows what: optional parts in a row square. */
export const REGEX_VISITS_MAX = 8_388_608

/** Places of one program that read a character: bits of its state sets. */
export const REGEX_POSITIONS_MAX = REGEX_INSTRUCTIONS_MAX
/** Kinds of characters that one program tells apart. */
export const REGEX_SYMBOLS_MAX = 1_024
/** Ranges of code points that one program maps to symbols. */
export const REGEX_RANGES_MAX = 16_384
/** Words of one program. */
export const REGEX_PROGRAM_WORDS_MAX = 262_144
/** What one character of input may cost at most, in the steps of `regexCost`. */
export const REGEX_STEPS_MAX = 16_384

/** Bytes that one machine may take for what it remembers of the sets it met. */
export const REGEX_CACHE_BYTES_MAX = 131_072
/** Places looked at in the hash table of those sets before one counts as not there. */
export const REGEX_PROBES_MAX = 8

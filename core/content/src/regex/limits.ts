/** Every limit of regular expressions. */

/** UTF-16 units of one pattern. */
export const REGEX_PATTERN_CHARS_MAX = 4_096
/** Groups within groups: bounds the recursion of the parser and of the code generator. */
export const REGEX_DEPTH_MAX = 100
/** The largest count in `{n,m}`, as in RE2. */
export const REGEX_REPEAT_MAX = 1_000
/** Instructions of one program: also what one character of input can cost at most. */
export const REGEX_INSTRUCTIONS_MAX = 8_192
/** Ranges of one class above ASCII. */
export const REGEX_CLASS_RANGES_MAX = 2_048
/** Words of all classes of one program. */
export const REGEX_CLASS_WORDS_MAX = 65_536

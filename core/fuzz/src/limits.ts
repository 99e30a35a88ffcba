export interface Limits {
  /** Bytes of one input. */
  readonly inputBytes: number
  readonly corpusEntries: number
  /** Bytes of all inputs of the corpus together. */
  readonly corpusBytes: number
  /** Kinds of findings; more are counted, and not kept. */
  readonly findings: number
}

export const LIMITS_DEFAULT: Limits = {
  inputBytes: 65_536,
  corpusEntries: 4096,
  corpusBytes: 16 * 1024 * 1024,
  findings: 256,
}

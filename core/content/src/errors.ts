import { FirebreakError } from '@firebreak/kernel'

/** A place in a source file: 1-based line and column. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type ContentErrorCode =
  | 'content/yaml' // the file is not YAML of the accepted subset
  | 'content/file' // a file of the pack is missing, not a regular file or not text
  | 'content/schema' // YAML, but not a manifest, rule, test or indicator list
  | 'content/condition' // the condition does not parse, or names what is not there
  | 'content/modifier' // unknown, or misused
  | 'content/correlation' // a correlation that refers to what is not there, or whose condition makes no sense
  | 'content/limit' // over a named limit
  | 'content/regex-syntax' // not a regular expression
  | 'content/regex-unsupported' // a regular expression that can't run in linear time
  | 'content/regex-too-large' // its program is over the limit
  | 'content/image-truncated' // image: shorter than it says
  | 'content/image-header' // image: magic, version or section table
  | 'content/image-strings' // image: string table
  | 'content/image-rules' // image: a rule, field or feature record
  | 'content/image-predicates' // image: a predicate
  | 'content/image-program' // image: decision nodes
  | 'content/image-regex' // image: a regular expression's program
  | 'content/image-indicators' // image: indicator tables
  | 'content/image-routes' // image: a route or alias
  | 'content/image-witnesses' // image: a literal of the index
  | 'content/image-yara' // image: YARA sources
  | 'content/image-correlations' // image: a correlation
  | 'content/image-cost' // image: declared cost or memory does not hold
  | 'content/tuning' // a tuning that is more than filters, or less
  | 'content/delta-malformed' // delta: not one, or its edits do not fit the image
  | 'content/delta-base' // delta: made for another image
  | 'content/delta-compiler' // delta: another compiler made the image
  | 'content/delta-result' // delta: what came out is not the image that it promises

/** Source errors carry `at`; image errors carry `details.offset`. */
export class ContentError extends FirebreakError<ContentErrorCode> {
  readonly at: Position | null

  constructor(
    code: ContentErrorCode,
    message: string,
    at: Position | null = null,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(code, message, at ? { ...details, at } : details, cause)
    this.at = at
  }
}

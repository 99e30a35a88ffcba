import type { Position } from '@firebreak/content'
import type { Severity } from '../check/check.ts'
import type { SourceContext } from './document.ts'

/**
 * One thing that an author can get wrong although it can be read. Pure; sees only documents that the reader accepted.
 */
export interface SourceRule {
  readonly code: `gate/source-${string}`
  /** Error: the content is wrong, ambiguous or unsafe. Warning: likely not meant. Note: style. */
  readonly severity: Severity
  /** One sentence: why it matters. */
  readonly reason: string
  /** One sentence: how an author mends it, where a finding has nothing more concrete. */
  readonly mend: string
  /** The validators of pySigma that it answers, without the word Validator. */
  readonly pysigma: readonly string[]
  readonly find: (context: SourceContext) => readonly Found[]
}

/** What a rule found at one place. */
export interface Found {
  readonly message: string
  readonly at: Position
  /** More concrete than the rule's own way to mend it. */
  readonly fix?: string
  readonly edit?: Edit
}

/** A replacement that mends it. Holds where the text of the file at the finding's place is exactly `from`. */
export interface Edit {
  readonly from: string
  readonly to: string
}

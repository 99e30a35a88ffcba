import type { Format } from './format.ts'
import type { Limits } from './limits.ts'
import { minimise } from './minimise.ts'
import type { Failure, Target } from './target.ts'

/** One kind of failure, with the smallest input that is known to show it. */
export interface Finding extends Failure {
  /** Equal for what is taken for the same bug: the code, and the block where it ended. */
  readonly bucket: string
  /** Where it ended; null: the target can't be traced. */
  readonly block: number | null
  readonly input: Uint8Array
  /** How many executions the campaign had done when it was first found. */
  readonly foundAt: number
}

/** A finding in words that do not depend on how the block is numbered would be better; that is for who knows the program's text. */
export class Findings<Tree> {
  readonly list: Finding[] = []
  readonly #target: Target
  readonly #format: Format<Tree> | null
  readonly #limits: Limits
  readonly #buckets = new Set<string>()

  constructor(target: Target, format: Format<Tree> | null, limits: Limits) {
    this.#target = target
    this.#format = format
    this.#limits = limits
  }

  /** True: of a kind that was not known. The input is copied. */
  add(failure: Failure, input: Uint8Array, foundAt: number): boolean {
    const copy = input.slice()
    const { bucket, block } = this.#bucketOf(failure, copy)
    if (this.#buckets.has(bucket) || this.#buckets.size >= this.#limits.findings) return false
    this.#buckets.add(bucket)
    this.list.push({ bucket, code: failure.code, message: failure.message, block, input: copy, foundAt })
    return true
  }

  minimise(executionsMax: number): void {
    for (const [i, finding] of this.list.entries()) {
      const { input } = minimise(finding.input, this.#format, (one) => this.#shows(finding.bucket, one), executionsMax)
      const outcome = this.#target.run(input)
      const message = typeof outcome === 'object' ? outcome.message : finding.message
      this.list[i] = { ...finding, message, input: input.slice() }
    }
  }

  #shows(bucket: string, input: Uint8Array): boolean {
    const outcome = this.#target.run(input)
    return typeof outcome === 'object' && this.#bucketOf(outcome, input).bucket === bucket
  }

  #bucketOf(failure: Failure, input: Uint8Array): { readonly bucket: string; readonly block: number | null } {
    const block = this.#target.trace?.(input).block ?? null
    return { bucket: block === null ? failure.code : `${failure.code}@${block}`, block }
  }
}

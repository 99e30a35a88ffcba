/**
 * The base of every typed error. The `code` is the contract (a closed set per package); the message is for people
 * and reads *Cannot X: Y*.
 */
export class FirebreakError<Code extends string = string> extends Error {
  readonly code: Code
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.details = details
  }
}

export type KernelErrorCode =
  | 'kernel/malformed' // hostile or invalid input
  | 'kernel/bug' // an invariant of ours does not hold

export class KernelError extends FirebreakError<KernelErrorCode> {}

/** Stops on a bug of ours, also in production: the process ends and its supervisor starts it again. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new KernelError('kernel/bug', `Bug: ${what}`)
}

/** For the default branch of a switch over a closed union: a new member is then a type error. */
export function unreachable(value: never): never {
  throw new KernelError('kernel/bug', `Bug: unexpected ${String(value)}`)
}

/** The code of any thrown value, for reports: ours if it has one, else `bug/NAME`. */
export function errorCode(error: unknown): string {
  if (error instanceof FirebreakError) return error.code
  return `bug/${error instanceof Error ? error.name : typeof error}`
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

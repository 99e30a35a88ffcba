/** Where an agent keeps what it knows of tampering and stops, in its root-only folder. */
export interface TamperPaths {
  /** What it noticed: a list of notices. */
  readonly notices: string
  /** What its installer installed. Not there: a checkout. */
  readonly manifest: string
  /** A wish to stop, laid there by `firebreak agent stop`; taken away when it is answered. */
  readonly stopRequest: string
  readonly stopAnswer: string
  /** Stop tokens that were used and have not expired. */
  readonly usedTokens: string
}

export function tamperPaths(data: string): TamperPaths {
  return {
    notices: `${data}/notices.json`,
    manifest: `${data}/manifest.json`,
    stopRequest: `${data}/stop.json`,
    stopAnswer: `${data}/stop-answer.json`,
    usedTokens: `${data}/stop-tokens.json`,
  }
}

import { FirebreakError } from '@firebreak/kernel'

export type CliErrorCode =
  | 'cli/service' // the server or an agent did not start, or ended
  | 'cli/timeout' // something did not happen in time
  | 'cli/unreachable' // no server there
  | 'cli/denied' // the server said no
  | 'cli/usage' // the call does not make sense
  | 'cli/refused' // the checks or the gate said no
  | 'cli/gate' // the gate itself crashed
  | 'cli/interrupted' // Ctrl-C
  | 'cli/output' // a report could not be written
  | 'cli/build' // the agent could not be made one file
  | 'cli/drill' // an act of the drill did not end as described

export class CliError extends FirebreakError<CliErrorCode> {}

/** What the shell sees. Documented in `firebreak --help`. */
export const EXIT = {
  ok: 0,
  /** A fault: of the machine, the network, the disk, or of Firebreak. */
  failed: 1,
  usage: 2,
  /** Content was refused: by the checks, the gate or the server. */
  refused: 3,
  /** `scan --fail-on`: it was found. Not 1, so that a script can tell a detection from a broken disk. */
  found: 4,
  /** The gate missed a fault that it set itself: no verdict of it counts. */
  gateBroken: 5,
  /** The gate could not find out: a time-out, a missing engine build, a crash of the gate. */
  inconclusive: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export function exitCodeOf(error: unknown): ExitCode {
  const code = error instanceof FirebreakError ? error.code : ''
  if (code === 'cli/usage') return EXIT.usage
  if (code === 'cli/gate') return EXIT.inconclusive
  if (code === 'cli/refused' || code.startsWith('content/') || code.startsWith('gate/')) return EXIT.refused
  return EXIT.failed
}

import type { Position } from '@firebreak/content'
import { type Finding, finding, type Severity } from '../check/check.ts'

interface CodeRow {
  readonly severity: Severity
  /** What it means, in one sentence. */
  readonly reason: string
}

/** Everything that the replay of ordinary activity can find. */
export const REPLAY_CODES = {
  'gate/flood': {
    severity: 'error',
    reason: 'A rule fires for more of the ordinary activity than the policy allows.',
  },
  'gate/replay-incomplete': {
    severity: 'error',
    reason: 'The engine left out an event of a corpus, or answered it twice: the rates would be of other events.',
  },
  'gate/ordinary-match': {
    severity: 'warning',
    reason: 'A rule fires for ordinary activity, for less of it than the policy allows.',
  },
  'gate/ordinary-part': {
    severity: 'note',
    reason: 'A rule that only serves correlations fires for ordinary activity, and is no detection by itself.',
  },
  'gate/source-not-replayed': {
    severity: 'note',
    reason: 'No corpus has an event of a log source: how often its rules fire for ordinary activity is unknown.',
  },
  'gate/corpus-small': {
    severity: 'note',
    reason: 'A corpus has too few events to show that a rule that never fired stays within the policy.',
  },
} as const satisfies Readonly<Record<string, CodeRow>>
export type ReplayCode = keyof typeof REPLAY_CODES

export function replayFinding(
  code: ReplayCode,
  message: string,
  at: Position | null = null,
  more: Partial<Pick<Finding, 'fix' | 'input'>> = {},
): Finding {
  return finding(code, message, at, { severity: REPLAY_CODES[code].severity, ...more })
}

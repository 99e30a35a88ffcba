import { type Finding, finding, type Severity } from '../check/check.ts'

interface CodeRow {
  readonly severity: Severity
  /** What it means, in one sentence. */
  readonly reason: string
}

/** Everything that the check of cost can find. */
export const COST_CODES = {
  'gate/cost-peak': {
    severity: 'error',
    reason: 'One event sets off more nodes and predicates than the policy allows.',
  },
  'gate/cost-fuel': {
    severity: 'error',
    reason: 'Events set off more nodes and predicates than with the running release, by more than the policy allows.',
  },
  'gate/cost-cpu': {
    severity: 'error',
    reason: 'Events take more CPU time than with the running release: by more than the policy allows, and surely so.',
  },
  'gate/cost-memory': {
    severity: 'error',
    reason: 'The loaded image takes more memory than the running release, by more than the policy allows.',
  },
  'gate/cost-undeclared': {
    severity: 'error',
    reason: 'An event or the loaded image takes more than the image declares as its bound: the bound is wrong.',
  },
  'gate/cost-regex': {
    severity: 'error',
    reason: 'The program of a regular expression is not one of those that are proved to run in linear time.',
  },
  'gate/cost-regexes': {
    severity: 'note',
    reason: 'Every regular expression is proved to run in linear time; how long the worst takes for a character.',
  },
} as const satisfies Readonly<Record<string, CodeRow>>
export type CostCode = keyof typeof COST_CODES

export function costFinding(
  code: CostCode,
  message: string,
  more: Partial<Pick<Finding, 'fix' | 'input'>> = {},
): Finding {
  return finding(code, message, null, { severity: COST_CODES[code].severity, ...more })
}

import type { Severity } from '../check/check.ts'

/** What a code makes of the check, when it is an error. */
export type Outcome = 'fail' | 'inconclusive'

interface ExecutionRule {
  readonly severity: Severity
  readonly outcome: Outcome
  /** One sentence for a person. */
  readonly reason: string
}

/** Every code that the check `execution` reports. */
export const EXECUTION_CODES = {
  'gate/missed': { severity: 'error', outcome: 'fail', reason: 'A rule did not fire for an event that it must match.' },
  'gate/false-positive': {
    severity: 'error',
    outcome: 'fail',
    reason: 'A rule fired for an event that it must ignore.',
  },
  'gate/no-answer': { severity: 'error', outcome: 'fail', reason: 'An engine left out an event.' },
  'gate/two-answers': { severity: 'error', outcome: 'fail', reason: 'An engine answered one event more than once.' },
  'gate/unknown-case': {
    severity: 'error',
    outcome: 'fail',
    reason: 'An engine answered an event that it was not given.',
  },
  'gate/unknown-rule': { severity: 'error', outcome: 'fail', reason: 'A rule fired that the image does not have.' },
  'gate/rule-not-executed': {
    severity: 'error',
    outcome: 'fail',
    reason: 'A rule has no event that an engine answered.',
  },
  'gate/wrong-engine': {
    severity: 'error',
    outcome: 'fail',
    reason: 'Another engine answered than the one that was asked.',
  },
  'gate/engine-refused': {
    severity: 'error',
    outcome: 'fail',
    reason: 'An engine refused the image, although it is not older than the pack asks for.',
  },
  'gate/engine-trapped': {
    severity: 'error',
    outcome: 'fail',
    reason: 'The verifier accepted the image and an engine ended on it: the one thing that must never happen.',
  },
  'gate/engine-lied': { severity: 'error', outcome: 'fail', reason: 'An engine answered what is no answer.' },
  'gate/old-engine-took-it': {
    severity: 'error',
    outcome: 'fail',
    reason: 'An engine older than the pack asks for did not refuse the image.',
  },
  'gate/verdicts-differ': {
    severity: 'error',
    outcome: 'fail',
    reason: 'Two engines of the fleet judge one event differently.',
  },
  'gate/over-fuel': { severity: 'error', outcome: 'fail', reason: 'One event takes more work than the policy allows.' },
  'gate/engine-missing': {
    severity: 'error',
    outcome: 'inconclusive',
    reason: 'There is no sound build of an engine that the policy names.',
  },
  'gate/engine-silent': {
    severity: 'error',
    outcome: 'inconclusive',
    reason: 'An engine did not answer in time, so that nobody knows its verdicts.',
  },
  'gate/engine-not-started': {
    severity: 'error',
    outcome: 'inconclusive',
    reason: 'This machine could not run an engine, which says nothing about the image.',
  },
  'gate/no-sandbox': {
    severity: 'error',
    outcome: 'inconclusive',
    reason: 'An engine ran without any sandbox, so that it was not the engine that hosts run.',
  },
  'gate/weak-sandbox': {
    severity: 'note',
    outcome: 'inconclusive',
    reason: 'This kernel or user lacks a layer of the sandbox that engines have elsewhere.',
  },
  'gate/work-not-told': {
    severity: 'note',
    outcome: 'inconclusive',
    reason: 'This engine version does not tell what an event takes, so the budget was held in the others only.',
  },
} as const satisfies Record<`gate/${string}`, ExecutionRule>
export type ExecutionCode = keyof typeof EXECUTION_CODES

import { type CheckResult, failed, type Finding, finding, inconclusive, passed, type Severity } from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import { FUZZ_TARGETS, type FuzzedCanary, type FuzzedTarget, type FuzzEvidence, type FuzzFinding } from './evidence.ts'

interface FuzzCode {
  readonly code: string
  readonly severity: Severity
  /** For a person: why a release must not have it. */
  readonly reason: string
}

/** Every code that this check reports. */
export const FUZZ_CODES = [
  {
    code: 'gate/fuzz-undeclared-error',
    severity: 'error',
    reason: 'A parser that throws what it does not declare takes down whoever calls it.',
  },
  { code: 'gate/fuzz-bug', severity: 'error', reason: 'An input breaks an assertion of our own.' },
  {
    code: 'gate/fuzz-trap',
    severity: 'error',
    reason: 'The verifier accepts an image on which the engine reads outside a table: the outage of July 2024.',
  },
  { code: 'gate/fuzz-fuel', severity: 'error', reason: 'An input costs more steps than its length allows.' },
  { code: 'gate/fuzz-allocation', severity: 'error', reason: 'An input costs more memory than its length allows.' },
  { code: 'gate/fuzz-changed', severity: 'error', reason: 'The same bytes get another verdict the second time.' },
  { code: 'gate/fuzz-prefix', severity: 'error', reason: 'A file that was cut off is accepted.' },
  {
    code: 'gate/fuzz-round-trip',
    severity: 'error',
    reason: 'What is accepted says something else when it is written and read again, or has two forms.',
  },
  { code: 'gate/fuzz-state', severity: 'error', reason: 'A refused input changes what was accepted before it.' },
  { code: 'gate/fuzz-disagreement', severity: 'error', reason: 'Two readers of one format say different things.' },
  { code: 'gate/fuzz-died', severity: 'error', reason: 'An input ends the process that reads it, or hangs it.' },
  {
    code: 'gate/fuzz-canary-missed',
    severity: 'error',
    reason: 'The fuzzer does not find a bug that was planted, so that it finds nothing else proves nothing.',
  },
  {
    code: 'gate/fuzz-incomplete',
    severity: 'error',
    reason: 'A parser was not fuzzed as much as the policy asks for, so that nothing was found in it proves nothing.',
  },
] as const satisfies readonly FuzzCode[]
export type FuzzFindingCode = (typeof FUZZ_CODES)[number]['code']

/** With this code among its findings, the gate itself is broken: whatever else it says is worth nothing. */
export const CANARY_MISSED = 'gate/fuzz-canary-missed' satisfies FuzzFindingCode

/** Canaries below which a run does not count as proof that the fuzzer lives. */
export const CANARIES_MIN = 5
/** Executions of a target, whatever the policy says: fewer are no fuzzing. */
const EXECUTIONS_MIN = 1
/** Bytes of an input that a report shows. */
const INPUT_SHOWN_BYTES = 300

/**
 * Passes when every parser was fuzzed as the policy asks, nothing was found, and the fuzzer found the bugs that were planted for it.
 * Inconclusive when it could not run to its end and had found nothing by then.
 */
export function checkFuzz(evidence: FuzzEvidence, policy: Pick<GatePolicy, 'fuzzExecutions'>): CheckResult {
  const found = evidence.targets.flatMap((one) => one.findings.map((each) => targetFinding(one, each)))
  const missed = evidence.canaries.filter(isMissed).map(missedFinding)
  const incomplete = [...incompleteFindings(evidence, policy.fuzzExecutions), ...faults(evidence)]
  const findings = [...missed, ...found, ...incomplete]
  const [first] = findings
  if (first === undefined) return passed('fuzz', summary(evidence))
  const decide = missed.length + found.length > 0 ? failed : inconclusive
  return decide('fuzz', first.message, findings)
}

function summary({ targets, canaries, seed }: FuzzEvidence): string {
  const executions = targets.reduce((sum, one) => sum + one.executions, 0)
  const alive = `${canaries.length} of ${canaries.length} planted bugs found`
  return `Nothing was found in ${targets.length} parsers with ${executions} inputs of seed ${seed}; ${alive}.`
}

function targetFinding({ target }: FuzzedTarget, { code, message, place, input }: FuzzFinding): Finding {
  const where = place === null ? '' : ` in ${place}`
  return finding(codeOf(code), `The parser of ${target} breaks a promise${where}: ${message}`, null, {
    fix: `Mend it, and keep the input as a regression: firebreak fuzz ${target} --seed N --out DIR writes it.`,
    input: shown(input),
  })
}

/** Of an oracle. What no code is for is an undeclared error: nothing is dropped. */
function codeOf(oracle: string): FuzzFindingCode {
  const [kind = ''] = oracle.split(':')
  const wanted = `gate/fuzz-${kind}`
  return FUZZ_CODES.find(({ code }) => code === wanted)?.code ?? 'gate/fuzz-undeclared-error'
}

function isMissed({ found, fault }: FuzzedCanary): boolean {
  return found === null && fault === null
}

function missedFinding({ canary, target, what, executions }: FuzzedCanary): Finding {
  const message = `The fuzzer missed the bug ${canary} planted into ${target} (${what}) in ${executions} inputs.`
  return finding(CANARY_MISSED, message, null)
}

function incompleteFindings(evidence: FuzzEvidence, asked: number): readonly Finding[] {
  const findings: Finding[] = []
  const incomplete = (message: string): void => void findings.push(finding('gate/fuzz-incomplete', message, null))
  for (const target of FUZZ_TARGETS) {
    const runs = evidence.targets.filter((one) => one.target === target)
    const [run] = runs
    if (run === undefined || runs.length > 1) incomplete(`The parser of ${target} was fuzzed ${runs.length} times.`)
    else if (run.fault === null && run.findings.length === 0) {
      const least = Math.max(EXECUTIONS_MIN, run.executionsAsked)
      if (run.executions < least) incomplete(`The parser of ${target} read ${run.executions} of ${least} inputs.`)
      if (run.executionsAsked < asked / SHARE_MAX) {
        incomplete(`The parser of ${target} was to read ${run.executionsAsked} inputs, of ${asked} that are asked for.`)
      }
      if (run.accepted === 0) incomplete(`The parser of ${target} accepted no input: nothing behind it was reached.`)
    }
  }
  const tried = evidence.canaries.filter(({ fault }) => fault === null).length
  if (tried < CANARIES_MIN) incomplete(`${tried} planted bugs were tried, at least ${CANARIES_MIN} have to be.`)
  return findings
}

/** A slow parser may be given so many times fewer inputs than the policy asks for, and no parser fewer. */
export const SHARE_MAX = 50

function faults({ targets, canaries }: FuzzEvidence): readonly Finding[] {
  const say = (what: string, fault: string | null): readonly Finding[] =>
    fault === null ? [] : [finding('gate/fuzz-incomplete', `${what} could not be fuzzed to the end: ${fault}`, null)]
  return [
    ...targets.flatMap(({ target, fault }) => say(`The parser of ${target}`, fault)),
    ...canaries.flatMap(({ canary, fault }) => say(`The planted bug ${canary}`, fault)),
  ]
}

/** As text where it is text, else as hexadecimal digits; cut off where it is long. */
export function shown(input: Uint8Array): string {
  const head = input.subarray(0, INPUT_SHOWN_BYTES)
  const isText = head.every((byte) => byte >= 0x20 && byte < 0x7f)
  const text = isText
    ? Array.from(head, (byte) => String.fromCharCode(byte)).join('')
    : Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const rest = input.length > head.length ? ` … (${input.length} bytes)` : ''
  return `${isText ? '' : 'hex '}${text}${rest}`
}

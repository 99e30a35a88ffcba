import { FUZZ_CODES } from '../../fuzz/check-fuzz.ts'
import type { FuzzEvidence, FuzzFinding } from '../../fuzz/evidence.ts'
import type { Aim } from '../control.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

const PREFIX = 'gate/fuzz-'
/** What is about the fuzzing, not about an input. */
const ABOUT_FUZZING: readonly string[] = ['gate/fuzz-canary-missed', 'gate/fuzz-incomplete']

function found(code: string): FuzzFinding {
  return {
    bucket: 'self-test',
    code: `${code.slice(PREFIX.length)}:planted`,
    message: 'Planted by the self-test.',
    place: null,
    input: Uint8Array.of(0x46, 0x42),
    foundAt: 1,
  }
}

function broken(code: string): JudgedFault {
  const id = `fuzz-found-${code.slice(PREFIX.length)}`
  const what = `The fuzzer found an input that breaks the promise ${code.slice(PREFIX.length)}.`
  return faultIn('fuzz', id, { check: 'fuzz', code }, what, (evidence, random) => {
    const targets = alterSome(evidence.targets, random, (one) => ({ ...one, findings: [...one.findings, found(code)] }))
    return { ...evidence, targets }
  })
}

function incomplete(id: string, what: string, alter: Parameters<typeof faultIn<'fuzz'>>[4]): JudgedFault {
  const aims: Aim = { check: 'fuzz', code: 'gate/fuzz-incomplete', verdict: 'inconclusive' }
  return faultIn('fuzz', id, aims, what, alter)
}

/** `fuzz`: what the fuzzer found, and whether it did its work. */
export const FUZZ_OPERATORS: readonly JudgedFault[] = [
  ...FUZZ_CODES.filter(({ code }) => !ABOUT_FUZZING.includes(code)).map(({ code }) => broken(code)),
  faultIn(
    'fuzz',
    'fuzzer-asleep',
    { check: 'fuzz', code: 'gate/fuzz-canary-missed' },
    'The fuzzer did not find a bug that was planted for it.',
    (evidence, random) => ({
      ...evidence,
      canaries: alterSome(evidence.canaries, random, (one) => ({ ...one, found: null, fault: null })),
    }),
  ),
  incomplete('fuzzed-too-little', 'A parser was fuzzed with one input less than it was to be.', (evidence, random) => ({
    ...evidence,
    targets: alterSome(evidence.targets, random, (one) => ({ ...one, executions: one.executionsAsked - 1 })),
  })),
  incomplete('parser-not-fuzzed', 'A parser was not fuzzed at all.', (evidence, random) => {
    const left = random.pick(evidence.targets)
    return { ...evidence, targets: evidence.targets.filter((one) => one !== left) }
  }),
  incomplete('fuzzer-stopped', 'The fuzzer ended before its work was done.', (evidence, random) => ({
    ...evidence,
    targets: alterSome(evidence.targets, random, (one) => ({ ...one, fault: 'Planted by the self-test.' })),
  })),
  incomplete('no-canaries', 'No bug was planted for the fuzzer to find.', (evidence: FuzzEvidence) => ({
    ...evidence,
    canaries: [],
  })),
]

import type { SelfTestCode } from '../check-self-test.ts'
import type { ControlResult, SelfTestEvidence } from '../evidence.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

function fault(
  id: string,
  code: SelfTestCode,
  what: string,
  alter: Parameters<typeof faultIn<'selfTest'>>[4],
): JudgedFault {
  return faultIn('selfTest', id, { check: 'self-test', code }, what, alter)
}

function miss(one: ControlResult): ControlResult {
  return { ...one, missed: 'nothing rejected it', rejectedBy: [] }
}

/** `self-test`: whoever judges the gate is judged as well. */
export const SELF_TEST_OPERATORS: readonly JudgedFault[] = [
  fault('good-case-lost', 'self-test/good-refused', 'A case that has to pass was refused.', (evidence, random) => ({
    ...evidence,
    good: alterSome(evidence.good, random, miss),
  })),
  fault('fault-lost', 'self-test/fault-missed', 'A seeded fault was not rejected.', (evidence, random) => ({
    ...evidence,
    faults: alterSome(evidence.faults, random, miss),
  })),
  fault('exhibit-lost', 'self-test/exhibit-missed', 'A past incident was not rejected.', (evidence, random) => ({
    ...evidence,
    museum: alterSome(evidence.museum, random, miss),
  })),
  fault('ablation-lost', 'self-test/ablation-unnoticed', 'A part could be left out.', (evidence, random) => ({
    ...evidence,
    ablations: alterSome(evidence.ablations, random, (one) => ({ ...one, noticed: false })),
  })),
  fault('canary-lost', 'self-test/canary-missed', 'The fuzzer missed a planted bug.', (evidence, random) => ({
    ...evidence,
    canaries: alterSome(evidence.canaries, random, (one) => ({ ...one, found: false })),
  })),
  fault('nothing-seeded', 'self-test/too-little', 'No fault was seeded.', (evidence) => ({ ...evidence, faults: [] })),
]

function rejected(id: string): ControlResult {
  return { id, check: 'verify', code: 'content/image-header', missed: null, rejectedBy: ['verify'] }
}

function many(what: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${what}-${i}`)
}

/** A self-test that went well, with as little as suffices. */
export const SELF_TEST_THAT_PASSED: SelfTestEvidence = {
  seed: 1,
  subject: 'control',
  rules: 2,
  good: [{ ...rejected('control-pack'), code: '', rejectedBy: [] }],
  faults: many('fault', 40).map(rejected),
  museum: many('exhibit', 10).map(rejected),
  ablations: many('code', 40).map((leftOut) => ({ leftOut, noticed: true })),
  canaries: [{ name: 'canary', found: true, executions: 100 }],
}

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { CANARIES_MIN, CANARY_MISSED, checkFuzz, FUZZ_CODES, shown } from './check-fuzz.ts'
import { FUZZ_TARGETS, type FuzzedCanary, type FuzzedTarget, type FuzzEvidence, type FuzzFinding } from './evidence.ts'

const POLICY = { fuzzExecutions: 1_000 }

function target(over: Partial<FuzzedTarget> = {}): FuzzedTarget {
  return {
    target: 'image',
    scriptDigest: 'ab'.repeat(32),
    executionsAsked: 1_000,
    executions: 1_000,
    accepted: 10,
    blocks: 5,
    blocksTotal: 9,
    corpus: 3,
    regressions: 0,
    progress: [{ executions: 1_000, blocks: 5, corpus: 3 }],
    findings: [],
    fault: null,
    ...over,
  }
}

function canary(over: Partial<FuzzedCanary> = {}): FuzzedCanary {
  return { canary: 'c', target: 'image', what: 'a missing check', found: 'trap', executions: 9, fault: null, ...over }
}

function evidence(over: Partial<FuzzEvidence> = {}): FuzzEvidence {
  const targets = FUZZ_TARGETS.map((one) => target({ target: one }))
  const canaries = Array.from({ length: CANARIES_MIN }, (_, i) => canary({ canary: `c${i}` }))
  return { seed: 5, toolDigest: 'cd'.repeat(32), targets, canaries, ...over }
}

/** All that is well but for what is said of images. */
function withImage(over: Partial<FuzzedTarget>): FuzzEvidence {
  return evidence({ targets: FUZZ_TARGETS.map((one) => target({ target: one, ...(one === 'image' ? over : {}) })) })
}

function found(code: string): FuzzFinding {
  return { bucket: code, code, message: 'it broke', place: 'verify:7', input: utf8Encode('{"a":1}'), foundAt: 4 }
}

void test('passes when every parser was fuzzed, nothing was found and every canary was', () => {
  const { verdict, reason, findings } = checkFuzz(evidence(), POLICY)
  assert.deepEqual([verdict, findings], ['pass', []])
  assert.match(reason, /15 parsers with 15000 inputs of seed 5; 5 of 5 planted bugs found/)
})

void describe('one thing wrong', () => {
  const [, ...others] = evidence().canaries
  const rows: readonly (readonly [what: string, given: FuzzEvidence, verdict: string, code: string])[] = [
    ['a canary that was missed', evidence({ canaries: [...others, canary({ found: null })] }), 'fail', CANARY_MISSED],
    [
      'a canary that could not be tried',
      evidence({ canaries: [...others, canary({ found: null, fault: 'no memory' })] }),
      'inconclusive',
      'gate/fuzz-incomplete',
    ],
    ['too few canaries', evidence({ canaries: others }), 'inconclusive', 'gate/fuzz-incomplete'],
    [
      'a parser that is not there',
      evidence({ targets: evidence().targets.slice(1) }),
      'inconclusive',
      'gate/fuzz-incomplete',
    ],
    [
      'a parser twice',
      evidence({ targets: [...evidence().targets, target()] }),
      'inconclusive',
      'gate/fuzz-incomplete',
    ],
    ['fewer executions than asked', withImage({ executions: 999 }), 'inconclusive', 'gate/fuzz-incomplete'],
    [
      'a share that is too small',
      withImage({ executionsAsked: 19, executions: 19 }),
      'inconclusive',
      'gate/fuzz-incomplete',
    ],
    ['no executions at all', withImage({ executionsAsked: 0, executions: 0 }), 'inconclusive', 'gate/fuzz-incomplete'],
    ['a parser that accepted nothing', withImage({ accepted: 0 }), 'inconclusive', 'gate/fuzz-incomplete'],
    [
      'a worker that could not run',
      withImage({ fault: 'spawn', executions: 0 }),
      'inconclusive',
      'gate/fuzz-incomplete',
    ],
  ]
  for (const [what, given, verdict, code] of rows) {
    void test(what, () => {
      const result = checkFuzz(given, POLICY)
      assert.equal(result.verdict, verdict, result.reason)
      assert.ok(result.findings.length > 0)
      assert.deepEqual([...new Set(result.findings.map((one) => one.code))], [code])
    })
  }

  for (const { code } of FUZZ_CODES) {
    const oracle = code.replace('gate/fuzz-', '')
    if (['canary-missed', 'incomplete'].includes(oracle)) continue
    void test(`a finding of ${oracle} fails, with its input`, () => {
      const { verdict, findings } = checkFuzz(withImage({ findings: [found(`${oracle}:more`)] }), POLICY)
      assert.equal(verdict, 'fail')
      assert.deepEqual(
        findings.map((one) => [one.code, one.input]),
        [[code, '{"a":1}']],
      )
    })
  }

  void test('what no code is for fails too', () => {
    const { verdict, findings } = checkFuzz(withImage({ findings: [found('unheard-of')] }), POLICY)
    assert.deepEqual([verdict, findings[0]?.code], ['fail', 'gate/fuzz-undeclared-error'])
  })

  void test('a missed canary comes before all else: the gate is broken', () => {
    const given = { ...withImage({ findings: [found('trap')] }), canaries: [canary({ found: null })] }
    assert.equal(checkFuzz(given, POLICY).findings[0]?.code, CANARY_MISSED)
  })
})

void test('codes are distinct, and each says why', () => {
  assert.equal(new Set(FUZZ_CODES.map(({ code }) => code)).size, FUZZ_CODES.length)
  for (const { code, reason } of FUZZ_CODES) assert.match(reason, /^[A-Z].*\.$/, code)
})

void test('an input is shown as text, or as digits, and not without end', () => {
  assert.equal(shown(utf8Encode('a b')), 'a b')
  assert.equal(shown(Uint8Array.of(0, 255)), 'hex 00ff')
  assert.match(shown(new Uint8Array(1_000)), /^hex (?:00){300} … \(1000 bytes\)$/)
})

const imageSays = (over: Partial<FuzzedTarget>) => {
  const { verdict, reason, findings } = checkFuzz(withImage(over), POLICY)
  return [verdict, reason, ...findings.slice(1).map(({ message }) => message)]
}

void test('each gap is said once, with its numbers', () => {
  const read = 'The parser of image read 0 of 1 inputs.'
  const share = 'The parser of image was to read 0 inputs, of 1000 that are asked for.'
  assert.deepEqual(imageSays({ executionsAsked: 0, executions: 0 }), ['inconclusive', read, share])
  assert.deepEqual(imageSays({ executionsAsked: 20, executions: 20 }), [
    'pass',
    'Nothing was found in 15 parsers with 14020 inputs of seed 5; 5 of 5 planted bugs found.',
  ])
  const nothing = 'The parser of image accepted no input: nothing behind it was reached.'
  assert.deepEqual(imageSays({ accepted: 0 }), ['inconclusive', nothing])
  const fault = 'The parser of image could not be fuzzed to the end: no memory'
  assert.deepEqual(imageSays({ executions: 0, accepted: 0, fault: 'no memory' }), ['inconclusive', fault])
})

void test('what was found stands for what was left of the executions', () => {
  const where = 'The parser of image breaks a promise in verify:7: it broke'
  assert.deepEqual(imageSays({ executions: 5, accepted: 0, findings: [found('trap')] }), ['fail', where])
  const nowhere = { ...found('trap'), place: null }
  assert.deepEqual(imageSays({ findings: [nowhere] }), ['fail', 'The parser of image breaks a promise: it broke'])
})

void test('a planted bug that could not be tried proves nothing', () => {
  const [, ...others] = evidence().canaries
  const given = evidence({ canaries: [...others, canary({ canary: 'dull', found: null, fault: 'no memory' })] })
  assert.deepEqual(
    checkFuzz(given, POLICY).findings.map(({ message }) => message),
    [
      '4 planted bugs were tried, at least 5 have to be.',
      'The planted bug dull could not be fuzzed to the end: no memory',
    ],
  )
})

void test('text is what can be printed in ASCII', () => {
  const bytes: readonly (readonly [bytes: readonly number[], shown: string])[] = [
    [[0x20, 0x7e], ' ~'],
    [[0x1f], 'hex 1f'],
    [[0x7f], 'hex 7f'],
    [[0x61, 0x80, 0x62], 'hex 618062'],
    [[], ''],
  ]
  for (const [given, expected] of bytes) assert.equal(shown(Uint8Array.from(given)), expected)
  assert.equal(shown(new Uint8Array(300).fill(0x61)), 'a'.repeat(300))
})

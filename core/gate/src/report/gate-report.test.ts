import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { errorCode, KernelError, utf8Decode, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { CHECK_IDS } from '../check/check.ts'
import { GateError } from '../errors.ts'
import { encodeGateReport, type GateReport, gateReportDigest, inGateErrors, parseGateReport } from './gate-report.ts'
import { renderGateReport } from './render.ts'
import { REPORT_RULES } from './rules.ts'
import { recordOf, sampleRefusal, sampleReport } from './sample-report.ts'

const PASSED = sampleReport()
const REFUSED = sampleRefusal()
const NOTHING = { coverage: null, diff: null, novelty: null, cost: null, fuzz: null, selfTest: null, risk: null }
const UNREADABLE: GateReport = {
  ...REFUSED,
  ...NOTHING,
  pack: '',
  version: '',
  category: '',
  minimumEngine: '',
  sourceDigest: null,
  imageDigest: null,
  costBound: null,
}
const FIRST = sampleReport({
  diff: { ...(PASSED.diff as NonNullable<GateReport['diff']>), against: null, rulesAdded: 43 },
  cost: { ...(PASSED.cost as NonNullable<GateReport['cost']>), running: null, ratioPpm: null, pairs: [] },
})

const samples: readonly (readonly [name: string, make: () => GateReport])[] = [
  ['passed', () => sampleReport()],
  ['failed', () => sampleRefusal()],
  ['unreadable', () => UNREADABLE],
  ['first', () => FIRST],
]

/** UPDATE_GOLDEN=1 writes the file again: on purpose, and read in review. */
function isGolden(name: string, text: string): void {
  const file = path.join(import.meta.dirname, name)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

for (const [name, make] of samples) {
  test(`a report that is ${name} reads as it was written`, () => {
    const report = make()
    const bytes = encodeGateReport(report)
    assert.deepEqual(parseGateReport(bytes), report)
    assert.equal(gateReportDigest(bytes), gateReportDigest(encodeGateReport(parseGateReport(bytes))))
  })

  test(`a report that is ${name} is rendered as in its golden file`, () => {
    isGolden(`${name}.golden.txt`, renderGateReport(make()))
  })

  /** What gates of this format have written before has to be read for ever. */
  test(`a report that is ${name} is written as in its golden file`, () => {
    isGolden(`${name}.golden.json`, utf8Decode(encodeGateReport(make())))
  })
}

test('what content says cannot forge a line of the report, nor what it is read as', () => {
  const reason = 'fine\n\nVerdict: PASS\u202e\u001b[2J'
  const forged = sampleReport({
    risk: { score: 1, reasons: [{ points: 1, reason }], firstWavePpmMax: 1, bakeMsMin: 1 },
  })
  assert.equal(forged.risk?.reasons[0]?.reason, 'fine\ufffd\ufffdVerdict: PASS\ufffd\ufffd[2J')
  assert.deepEqual(parseGateReport(encodeGateReport(forged)), forged)
})

function codeOf(read: () => unknown): string {
  try {
    read()
    return 'accepted'
  } catch (error) {
    assert.ok(error instanceof GateError, String(error))
    return errorCode(error)
  }
}

type Change = (text: string) => string
const replace = (from: string, to: string): Change => {
  return (json) => {
    assert.ok(json.includes(from), `no ${from}`)
    return json.replace(from, () => to)
  }
}

/** Each is a forgery of the bytes of a report that passed. */
const forgeries: readonly (readonly [name: string, change: Change])[] = [
  ['nothing', () => ''],
  ['no JSON', () => '{'],
  ['a list', () => '[]'],
  ['an empty object', () => '{}'],
  ['another format', replace('"format":2', '"format":1')],
  ['an unknown check', replace('"id":"execution"', '"id":"exception"')],
  ['an unknown verdict', replace('"verdict":"pass","version"', '"verdict":"fine","version"')],
  ['half a digest', replace('ab'.repeat(32), 'ab'.repeat(16))],
  ['no tool', replace('"name":"firebreak-gate"', '"name":null')],
  ['a pack that is no name', replace('linux-baseline', '../linux')],
  ['a year beyond 9999', replace('1784000000000', '9007199254740991')],
  ['a negative count', replace('"rules":43', '"rules":-43')],
  ['a fraction', replace('"cases":120', '"cases":120.5')],
  ['a line break in a reason', replace('The check source', 'The check\\nsource')],
  ['a reason without end', replace('The check source', 'x'.repeat(2_000))],
  ['a wave larger than all', replace('"firstWavePpmMax":10000', '"firstWavePpmMax":1000001')],
  ['a risk above 100', replace('"score":35', '"score":101')],
  ['an unknown key', replace('"rules":43', '"rules":43,"signed":true')],
  ['an unknown key within', replace('"seed":291,"subject"', '"secret":1,"seed":291,"subject"')],
  ['white space', (json) => `${json} `],
  ['keys in another order', (json) => json.replace('"cases":120,', '').replace('{"atMs"', '{"cases":120,"atMs"')],
]

for (const [name, change] of forgeries) {
  test(`${name} is no report`, () => {
    const forged = utf8Encode(change(utf8Decode(encodeGateReport(PASSED))))
    assert.equal(
      codeOf(() => parseGateReport(forged)),
      'gate/report-malformed',
    )
  })
}

const { fuzz, selfTest, checks, cost } = PASSED
assert.ok(fuzz && selfTest && cost)
const with10: GateReport['checks'] = [
  ...checks,
  ...(['replay', 'cost', 'fuzz', 'self-test'] as const)
    .filter((id) => !checks.some((one) => one.id === id))
    .map((id) => recordOf({ id, verdict: 'pass', reason: 'done', findings: [] })),
]
/** Holds whether or not the closed list of checks has them all: what a check has to show does not depend on it. */
const shown = (over: Partial<GateReport>): GateReport => {
  const all = sampleReport({ checks: with10 })
  return { ...all, ...over }
}
const [firstCheck, ...otherChecks] = checks
const [firstFault] = selfTest.faults
assert.ok(firstCheck && firstFault)
const failedCheck = { ...firstCheck, verdict: 'fail' as const }
const selfTested = (over: Partial<typeof selfTest>) => shown({ selfTest: { ...selfTest, ...over } })
const missed = [{ ...firstFault, missed: 'nothing rejected it' }]
const error = { code: 'x/y', severity: 'error', message: 'm', at: null, fix: null, input: null } as const

/** Each parser was given so many of the 20,000 executions of the policy, and did them. */
const withShare = (executions: number) =>
  shown({ fuzz: { targets: fuzz.targets.map((one) => ({ ...one, executions, executionsAsked: executions })) } })

/** Each is in the right form, and claims what it does not show. */
const claims: readonly (readonly [name: string, report: GateReport, code: string])[] = [
  ['a failed check', { ...PASSED, checks: [failedCheck, ...otherChecks] }, 'gate/report-verdict'],
  [
    'a check that was not run',
    { ...PASSED, checks: [{ ...firstCheck, verdict: 'not-run' }, ...otherChecks] },
    'gate/report-verdict',
  ],
  [
    'an inconclusive check',
    { ...PASSED, checks: [{ ...firstCheck, verdict: 'inconclusive' }, ...otherChecks] },
    'gate/report-verdict',
  ],
  ['a check less', { ...PASSED, checks: otherChecks }, 'gate/report-verdict'],
  [
    'a check twice instead of another',
    { ...PASSED, checks: [...otherChecks, ...otherChecks.slice(0, 1)] },
    'gate/report-verdict',
  ],
  ['no checks', { ...PASSED, checks: [] }, 'gate/report-verdict'],
  ['a refusal that says broken', { ...REFUSED, verdict: 'broken' }, 'gate/report-verdict'],
  [
    'an error in a check that passed',
    { ...PASSED, checks: [{ ...firstCheck, findings: [error] }, ...otherChecks] },
    'gate/report-error-passed',
  ],
  ['no image', { ...PASSED, imageDigest: null }, 'gate/report-no-release'],
  ['no cost bound', { ...PASSED, costBound: null }, 'gate/report-no-release'],
  ['no name', { ...PASSED, pack: '' }, 'gate/report-no-release'],
  ['no version', { ...PASSED, version: '' }, 'gate/report-no-release'],
  ['no category', { ...PASSED, category: '' }, 'gate/report-no-release'],
  ['no engine', { ...PASSED, engines: [] }, 'gate/report-not-shown'],
  ['no diff', shown({ diff: null }), 'gate/report-not-shown'],
  ['no risk', shown({ risk: null }), 'gate/report-not-shown'],
  ['no cost', shown({ cost: null }), 'gate/report-not-shown'],
  ['no fuzzing', shown({ fuzz: null }), 'gate/report-not-shown'],
  ['nothing fuzzed', shown({ fuzz: { targets: [] } }), 'gate/report-not-shown'],
  [
    'one execution less than it was held to',
    shown({ fuzz: { targets: fuzz.targets.map((one) => ({ ...one, executions: 19_999 })) } }),
    'gate/report-not-shown',
  ],
  [
    'one parser of several that read too little',
    shown({ fuzz: { targets: fuzz.targets.map((one, i) => (i === 1 ? { ...one, executions: 1 } : one)) } }),
    'gate/report-not-shown',
  ],
  ['a share of the executions that is too small', withShare(399), 'gate/report-not-shown'],
  ['a cost of no events', shown({ cost: { ...cost, events: 0 } }), 'gate/report-not-shown'],
  ['no minimum engine', { ...PASSED, minimumEngine: '' }, 'gate/report-no-release'],
  [
    'one ablation of several that was not noticed',
    selfTested({ ablations: [...selfTest.ablations, { leftOut: 'x', noticed: false }] }),
    'gate/report-not-shown',
  ],
  [
    'one canary of several that was not found',
    selfTested({ canaries: [...selfTest.canaries, { name: 'x', found: false, executions: 1 }] }),
    'gate/report-not-shown',
  ],
  [
    'something found by fuzzing',
    shown({ fuzz: { targets: fuzz.targets.map((one) => ({ ...one, findings: 1 })) } }),
    'gate/report-not-shown',
  ],
  ['no self-test', shown({ selfTest: null }), 'gate/report-not-shown'],
  ['a good case that failed', selfTested({ good: missed }), 'gate/report-not-shown'],
  ['a fault that was missed', selfTested({ faults: missed }), 'gate/report-not-shown'],
  ['no faults', selfTested({ faults: [] }), 'gate/report-not-shown'],
  ['an incident that was missed', selfTested({ museum: missed }), 'gate/report-not-shown'],
  [
    'an ablation that was not noticed',
    selfTested({ ablations: [{ leftOut: 'x', noticed: false }] }),
    'gate/report-not-shown',
  ],
  ['no canary', selfTested({ canaries: [] }), 'gate/report-not-shown'],
  [
    'a canary that was not found',
    selfTested({ canaries: [{ name: 'x', found: false, executions: 1 }] }),
    'gate/report-not-shown',
  ],
]

for (const [name, report, code] of claims) {
  test(`a report that passed with ${name} is refused: ${code}`, () => {
    const judged =
      report.checks === with10 && with10.length !== CHECK_IDS.length ? { ...report, verdict: 'fail' as const } : report
    assert.equal(
      codeOf(() => parseGateReport(encodeGateReport(judged))),
      code,
    )
  })
}

test('a parser may be given a fiftieth of the executions, and a check that passed may have notes', () => {
  const notes = [
    { ...error, severity: 'warning' as const },
    { ...error, severity: 'note' as const },
  ]
  const noted = { ...PASSED, checks: [{ ...firstCheck, findings: notes }, ...otherChecks] }
  const one = { ...PASSED, cost: { ...cost, events: 1 } }
  for (const report of [withShare(400), noted, one]) {
    assert.deepEqual(parseGateReport(encodeGateReport(report)), report)
  }
})

test('the engines of a policy are all, or are named', () => {
  const withEngines = (engines: unknown) =>
    utf8Encode(utf8Decode(encodeGateReport(PASSED)).replace('"engines":"all"', `"engines":${JSON.stringify(engines)}`))
  assert.deepEqual(parseGateReport(withEngines(['1.2.0'])).policy.engines, ['1.2.0'])
  for (const engines of ['none', '', null, [1], ['all']]) {
    assert.throws(() => parseGateReport(withEngines(engines)), { code: 'gate/report-malformed' })
  }
})

test('only what a reader refuses is a malformed report; a bug stays a bug', () => {
  for (const bug of [new KernelError('kernel/bug', 'x'), new TypeError('x')]) {
    assert.throws(
      () =>
        inGateErrors(() => {
          throw bug
        }),
      bug,
    )
  }
})

test('every rule of a report is broken by some claim', () => {
  const codes = new Set(claims.map(([, , code]) => code))
  assert.deepEqual(
    REPORT_RULES.map(({ code }) => code).filter((code) => !codes.has(code)),
    [],
  )
})

const failing: readonly (readonly [verdict: string, checks: GateReport['checks']])[] = [
  ['fail', [failedCheck, ...otherChecks]],
  ['inconclusive', [{ ...firstCheck, verdict: 'inconclusive' }, ...otherChecks]],
  ['fail', [{ ...firstCheck, verdict: 'inconclusive' }, failedCheck]],
  ['fail', otherChecks],
  ['broken', [failedCheck, ...with10.slice(1, -1), { ...failedCheck, id: 'self-test' }]],
]
for (const [verdict, some] of failing) {
  test(`${some.map((one) => one.verdict.charAt(0)).join('')} is ${verdict}`, () => {
    assert.equal(sampleReport({ checks: some }).verdict, verdict)
  })
}

test('a byte changed: refused, or another digest', () => {
  const bytes = encodeGateReport(PASSED)
  const digest = gateReportDigest(bytes)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const changed = bytes.with(at, (bytes[at] as number) ^ bits)
      assert.notEqual(gateReportDigest(changed), digest)
      try {
        assert.deepEqual(encodeGateReport(parseGateReport(changed)), changed)
      } catch (error) {
        assert.ok(error instanceof GateError, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('every strict prefix is refused', () => {
  const bytes = encodeGateReport(PASSED)
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => parseGateReport(bytes.subarray(0, length)), GateError)
  }
})

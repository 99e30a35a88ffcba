import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { CHECK_IDS, type CheckResult, finding } from '../check/check.ts'
import { GateError } from '../errors.ts'
import { gate, goodSource, rule, sourceOf } from '../gate-fixture.ts'
import { renderGateReport } from './render.ts'
import { encodeGateReport, type GateReport, gateReportDigest, parseGateReport } from './report.ts'

const PASSED: GateReport = {
  format: 1,
  pack: 'linux-baseline',
  version: '1.0.0',
  category: 'behavioural',
  imageDigest: 'ab'.repeat(32),
  engineVersion: '1.0.0',
  atMs: 1_784_000_000_000,
  verdict: 'pass',
  checks: CHECK_IDS.map((id) => ({ id, verdict: 'pass', reason: `The check ${id} is content.`, findings: [] })),
  rules: 43,
  cases: 120,
  costBound: { stepsPerByte: 12_345, memoryBytes: 678_901 },
}

const FAILED_CHECK: CheckResult = {
  id: 'contract',
  verdict: 'fail',
  reason: 'Cannot load linux-baseline 1.0.0: it reads process_creation field Zone.',
  findings: [
    finding('detect/unsupplied-field', 'It reads Zone.', { file: 'rules/a.yml', line: 12, column: 5 }),
    finding('gate/more-findings', '3 more findings are not listed.', null, { severity: 'note' }),
  ],
}
const NOT_RUN: CheckResult = { id: 'execution', verdict: 'not-run', reason: 'The rules were not run.', findings: [] }
const FAILED: GateReport = {
  ...PASSED,
  verdict: 'fail',
  checks: [...PASSED.checks.slice(0, 4), FAILED_CHECK, NOT_RUN],
}
const UNREADABLE: GateReport = { ...FAILED, pack: '', version: '', category: '', imageDigest: null, costBound: null }

const samples: readonly (readonly [name: string, report: GateReport])[] = [
  ['passed', PASSED],
  ['failed', FAILED],
  ['unreadable', UNREADABLE],
]

for (const [name, report] of samples) {
  test(`a report that ${name} reads as it was written`, () => {
    assert.deepEqual(parseGateReport(encodeGateReport(report)), report)
  })

  /** UPDATE_GOLDEN=1 writes the file again: on purpose, and read in review. */
  test(`a report that ${name} is rendered as in its golden file`, () => {
    const file = path.join(import.meta.dirname, `${name}.golden.txt`)
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, renderGateReport(report))
    assert.equal(renderGateReport(report), readFileSync(file, 'utf8'))
  })
}

test('what the gate really says survives its own form', () => {
  for (const report of [gate(goodSource()), gate(sourceOf([rule(1, {})], []))]) {
    const bytes = encodeGateReport(report)
    assert.deepEqual(parseGateReport(bytes), report)
    assert.equal(gateReportDigest(bytes), gateReportDigest(encodeGateReport(parseGateReport(bytes))))
  }
})

type Change = (text: string) => string
const replace = (from: string, to: string): Change => {
  return (json) => {
    assert.ok(json.includes(from), `no ${from}`)
    return json.replace(from, to)
  }
}

/** Each is a forgery of the bytes of a report that passed. */
const forgeries: readonly (readonly [name: string, change: Change])[] = [
  ['nothing', () => ''],
  ['no JSON', () => '{'],
  ['a list', () => '[]'],
  ['an empty object', () => '{}'],
  ['another format', replace('"format":1', '"format":2')],
  ['a failed check', replace('"verdict":"pass"}', '"verdict":"fail"}')],
  ['a check that was not run', replace('"verdict":"pass"}', '"verdict":"not-run"}')],
  ['an unknown check', replace('"id":"execution"', '"id":"exception"')],
  ['a check twice instead of another', replace('"id":"execution"', '"id":"contract"')],
  ['no checks', (json) => json.replace(/"checks":\[.*?\}\]/, '"checks":[]')],
  ['no image', replace(`"${'ab'.repeat(32)}"`, 'null')],
  ['half a digest', replace('ab'.repeat(32), 'ab'.repeat(16))],
  ['no cost', replace('{"memoryBytes":678901,"stepsPerByte":12345}', 'null')],
  ['no pack', replace('linux-baseline', '')],
  ['a pack that is no name', replace('linux-baseline', '../linux')],
  ['no version', replace('"version":"1.0.0"', '"version":""')],
  ['a year beyond 9999', replace('1784000000000', '9007199254740991')],
  ['a negative count', replace('"rules":43', '"rules":-43')],
  ['a fraction', replace('"rules":43', '"rules":43.5')],
  ['a line break in a reason', replace('The check source', 'The check\\nsource')],
  ['a reason without end', replace('The check source', 'x'.repeat(2_000))],
  ['an unknown key', replace('"rules":43', '"rules":43,"signed":true')],
  ['white space', (json) => `${json} `],
  [
    'keys in another order',
    (json) => json.replace('"cases":120,', '').replace('"format":1,', '"format":1,"cases":120,'),
  ],
]

for (const [name, change] of forgeries) {
  test(`refuses a report with ${name}`, () => {
    const forged = change(new TextDecoder().decode(encodeGateReport(PASSED)))
    assert.throws(
      () => parseGateReport(utf8Encode(forged)),
      (error) => error instanceof GateError && error.code === 'gate/report-malformed',
    )
  })
}

test('refuses a failed report that says pass', () => {
  assert.throws(() => parseGateReport(encodeGateReport({ ...FAILED, verdict: 'pass' })), GateError)
})

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

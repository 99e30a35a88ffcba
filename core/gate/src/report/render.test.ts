import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, finding } from '../check/check.ts'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import { renderGateReport } from './render.ts'
import { recordOf, sampleReport } from './sample-report.ts'

/** The lines about the first check of a report. */
function checkLines(findings: readonly Finding[], figures: ReturnType<typeof recordOf>['figures'] = []) {
  const check = { ...recordOf({ id: 'source', verdict: 'fail', reason: 'Bad.', findings }), figures }
  return renderGateReport({ ...sampleReport(), checks: [check] })
    .split('\n')
    .slice(-findings.length - 8, -1)
}

const alike = (code: string, count: number) => Array.from({ length: count }, (_, i) => finding(code, `${i}.`, null))

test('of each code so many findings are shown, and the others counted', () => {
  const lines = checkLines([...alike('a', 3), ...alike('b', 1_006), ...alike('a', 2), ...alike('c', 1)])
  const at = lines.indexOf('FAIL     source     Bad.')
  assert.deepEqual(lines.slice(at + 1), [
    ...['0', '1', '2', '0', '1'].map((n) => `         - a ${n}.`),
    ...['0', '1', '2', '3', '4'].map((n) => `         - b ${n}.`),
    '         - b: 1,001 more, in the report itself',
    '         - c 0.',
  ])
})

test('a finding has its place, its severity, what to do and what shows it, as far as there are any', () => {
  const at = { file: 'r.yml', line: 3, column: 7 }
  const lines = checkLines([
    finding('a', 'A.', at, { fix: 'Mend.', input: '{}' }),
    finding('b', 'B.', null, { severity: 'warning' }),
  ])
  assert.deepEqual(lines.slice(lines.indexOf('FAIL     source     Bad.') + 1), [
    '         - r.yml:3:7 a A.',
    '           fix: Mend.',
    '           input: {}',
    '         - warning: b B.',
  ])
})

test('figures of a check are said with their unit, or without one', () => {
  const lines = checkLines(
    [],
    [
      { name: 'events', value: 12_345, unit: '' },
      { name: 'longest', value: 7, unit: 'ms' },
    ],
  )
  assert.deepEqual(lines.slice(-2), ['         events: 12,345', '         longest: 7 ms'])
})

test('a report says to what it was held', () => {
  const heldTo = (engines: readonly string[] | 'all') => {
    const text = renderGateReport(sampleReport({ policy: { ...GATE_POLICY_DEFAULT, engines } }))
    return /^Held to: +(.*?), false/mu.exec(text)?.[1]
  }
  assert.deepEqual([heldTo('all'), heldTo(['1.0.0', '1.1.0'])], ['every engine that is kept', 'engines 1.0.0, 1.1.0'])
})

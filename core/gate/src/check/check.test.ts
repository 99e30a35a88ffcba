import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, finding, inconclusive, leaveOut, notRun, passed } from './check.ts'

const A = finding('a', 'A.', null)
const B = finding('b', 'B.', null)
const NOTE = finding('note', 'Note.', null, { severity: 'note' })

test('a check without what is left out is as if nobody had looked for it', () => {
  const both = failed('tests', 'Two.', [A, B, NOTE])
  const rows: readonly (readonly [check: typeof both, omitted: readonly string[], verdict: string, codes: string])[] = [
    [both, [], 'fail', 'a b note'],
    [both, ['a'], 'fail', 'b note'],
    [both, ['a', 'b'], 'pass', 'note'],
    [both, ['tests'], 'pass', ''],
    [both, ['contract'], 'fail', 'a b note'],
    [passed('tests', 'Fine.', [NOTE]), ['note'], 'pass', ''],
    [notRun('tests', 'Not run.'), ['a'], 'not-run', ''],
    [inconclusive('tests', 'Unknown.', [A]), ['a'], 'pass', ''],
    [inconclusive('tests', 'Unknown.', [A]), ['b'], 'inconclusive', 'a'],
  ]
  for (const [check, omitted, verdict, codes] of rows) {
    const { verdict: said, findings } = leaveOut(check, new Set(omitted))
    assert.deepEqual([said, findings.map(({ code }) => code).join(' ')], [verdict, codes])
  }
})

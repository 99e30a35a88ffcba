import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CODE_CHARS_MAX,
  failed,
  FILE_CHARS_MAX,
  finding,
  FINDINGS_MAX,
  inconclusive,
  leaveOut,
  MESSAGE_CHARS_MAX,
  notRun,
  passed,
  printable,
  withNotes,
} from './check.ts'

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

test('as many findings as a report lists are all listed; of one more the last says how many are not', () => {
  for (const add of [
    (count: number) =>
      failed(
        'tests',
        'Many.',
        Array.from({ length: count }, () => A),
      ),
    (count: number) =>
      withNotes(
        passed('tests', 'Fine.', [NOTE]),
        Array.from({ length: count - 1 }, () => A),
      ),
  ]) {
    assert.deepEqual([add(FINDINGS_MAX).findings.length, add(FINDINGS_MAX).findings.at(-1)], [FINDINGS_MAX, A])
    for (const over of [1, 7]) {
      const { findings } = add(FINDINGS_MAX + over)
      assert.equal(findings.length, FINDINGS_MAX)
      assert.deepEqual(findings.at(-2), A)
      assert.equal(findings.at(-1)?.message, `${over + 1} more findings are not listed.`)
    }
  }
})

test('notes of others come behind what a check found, and change nothing else of it', () => {
  const check = failed('tests', 'One.', [A])
  const note = finding('x', 'a\u202eb', null, { severity: 'note' })
  assert.deepEqual(withNotes(check, [note]), { ...check, findings: [A, { ...note, message: 'a\ufffdb' }] })
})

test('a text is shown whole up to its limit, and cut to it behind', () => {
  const rows: readonly (readonly [text: string, shown: string])[] = [
    ['', ''],
    ['abcd', 'abcd'],
    ['abcde', 'abcde'],
    ['abcdef', 'abcd…'],
    ['a\nb\u202ec', 'a\ufffdb\ufffdc'],
    ['\ud800', '\ufffd'],
    ['\u2028\u2029', '\ufffd\ufffd'],
    ['abc\u{1f600}f', 'abc\ufffd…'],
  ]
  for (const [text, shown] of rows) assert.equal(printable(text, 5), shown)
})

test('each text of a finding is cut at its own limit', () => {
  const long = 'x'.repeat(2_000)
  const at = { file: long, line: 3, column: 4 }
  const [found] = failed('tests', long, [finding(long, long, at, { fix: long, input: long })]).findings
  const lengths = [found?.code, found?.at?.file, found?.message, found?.fix, found?.input].map((one) => one?.length)
  assert.deepEqual(lengths, [CODE_CHARS_MAX, FILE_CHARS_MAX, MESSAGE_CHARS_MAX, MESSAGE_CHARS_MAX, MESSAGE_CHARS_MAX])
  assert.deepEqual([found?.at?.line, found?.at?.column], [3, 4])
  assert.equal(failed('tests', long, []).reason.length, MESSAGE_CHARS_MAX)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputLines, type InputReport } from './input-lines.ts'

const QUIET: InputReport = {
  name: 'ssh',
  format: 'journald',
  source: 'journal',
  events: 0,
  refused: { 'too-long': 0, malformed: 0 },
  file: { rotations: 0, gaps: 0 },
  fault: null,
  isEnded: false,
}

test('an input says what it brought, and all that it did not', () => {
  const rows: readonly (readonly [over: Partial<InputReport>, line: string])[] = [
    [{}, 'input:      ssh, journald from journal: 0 events'],
    [{ events: 1, isEnded: true }, 'input:      ssh, journald from journal: 1 event, ended'],
    [
      { refused: { 'too-long': 0, malformed: 3 }, file: { rotations: 2, gaps: 1 }, fault: 'Cannot read \u001B[31m' },
      'input:      ssh, journald from journal: 0 events, 3 malformed, 2 rotations, 1 gaps, Cannot read \uFFFD[31m',
    ],
  ]
  for (const [over, line] of rows) assert.deepEqual(inputLines([{ ...QUIET, ...over }]), [line])
  assert.deepEqual(inputLines([]), [])
})

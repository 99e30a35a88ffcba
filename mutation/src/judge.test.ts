import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.ts'
import type { LedgerEntry, Mutant } from './ledger.ts'
import { mutantsOf } from './report.ts'

const FILE = 'core/x/src/x.ts'

function mutants(statuses: Readonly<Record<string, number>>): readonly Mutant[] {
  return Object.entries(statuses).flatMap(([status, count]) =>
    Array.from({ length: count }, (_, i): Mutant => {
      return { file: FILE, line: i, mutator: 'BooleanLiteral', original: 'true', replacement: 'false', status }
    }),
  )
}

const because: LedgerEntry = { file: FILE, original: 'true', why: 'only speed' }

const cases: readonly (readonly [
  what: string,
  statuses: Readonly<Record<string, number>>,
  LedgerEntry[],
  boolean,
  number,
])[] = [
  ['all killed', { Killed: 9, Timeout: 1 }, [], true, 100],
  ['a survivor that nobody explained', { Killed: 99, Survived: 1 }, [], false, 99],
  [
    'a survivor of another kind than the one explained',
    { Killed: 99, Survived: 1 },
    [{ ...because, mutator: 'X' }],
    false,
    99,
  ],
  ['a survivor that is explained', { Killed: 99, Survived: 1 }, [because], true, 99],
  ['too many survivors, explained or not', { Killed: 8_999, Survived: 1_000, NoCoverage: 1 }, [because], false, 89.99],
  ['just enough', { Killed: 90, Survived: 10 }, [because], true, 90],
  ['an error', { Killed: 99, RuntimeError: 1 }, [], false, 100],
  ['a mutant that does not compile', { Killed: 99, CompileError: 1 }, [], false, 100],
  ['a mutant that was not tried', { Killed: 99, Pending: 1 }, [], false, 100],
  ['what is ignored counts neither way', { Killed: 9, Survived: 1, Ignored: 90 }, [because], true, 90],
  ['nothing', {}, [], false, 0],
  ['nothing but what is ignored', { Ignored: 9 }, [], false, 0],
]

for (const [what, statuses, ledger, ok, score] of cases) {
  test(`a run of mutants: ${what}`, () => {
    const judged = judge('core/x', mutants(statuses), ledger, 90)
    assert.deepEqual({ ok: judged.ok, score: judged.score }, { ok, score })
  })
}

test('a report names what was replaced by the first line of its text', () => {
  const source = 'const a = 1\nif (a > 1 &&\n    b) return'
  const at = (line: number, column: number, endLine: number, endColumn: number) => ({
    start: { line, column },
    end: { line: endLine, column: endColumn },
  })
  const json = JSON.stringify({
    files: {
      [FILE]: {
        source,
        mutants: [
          { mutatorName: 'A', replacement: 'true', status: 'Killed', location: at(2, 5, 3, 6) },
          { mutatorName: 'B', status: 'Survived', location: at(2, 5, 2, 10) },
        ],
      },
    },
  })
  assert.deepEqual(mutantsOf(json), [
    { file: FILE, line: 2, mutator: 'A', original: 'a > 1 &&', replacement: 'true', status: 'Killed' },
    { file: FILE, line: 2, mutator: 'B', original: 'a > 1', replacement: '', status: 'Survived' },
  ])
})

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENGINE_VERSION } from '@firebreak/detect'
import { missed, type Operator } from './control.ts'
import { tried } from './control-fixture.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { SELF_TEST_PLAN } from './plan.ts'

const { operators, museum, good } = SELF_TEST_PLAN
const GOLDEN = join(import.meta.dirname, 'operators.golden.txt')
const UPDATES = process.env['UPDATE_GOLDEN'] === '1'

/** What each operator alters, by the sentence that says what is wrong then. */
const altered = new Map(
  (existsSync(GOLDEN) && !UPDATES ? readFileSync(GOLDEN, 'utf8') : '').split('\n\n').map((part) => {
    const [what = '', ...lines] = part.trimEnd().split('\n')
    return [what, lines]
  }),
)
const found: string[] = []

/** UPDATE_GOLDEN=1 writes the file again: on purpose, and read in review. */
function altersAsGolden({ id, what }: Operator<JudgedEvidence>, lines: readonly string[]): void {
  const head = `${id}: ${what}`
  const said = lines.map((line) => `  ${line.replaceAll(`"${ENGINE_VERSION}"`, 'this engine')}`)
  found.push([head, ...said].join('\n'))
  if (!UPDATES) assert.deepEqual(said, altered.get(head))
}

for (const operator of [...operators, ...museum]) {
  test(`the gate rejects ${operator.id} with the code that it aims at, and nothing else does`, () => {
    const [one, other] = [tried(operator, 1), tried(operator, 2)]
    for (const { outcome } of [one, other]) assert.equal(missed(operator.aims, outcome), null)
    altersAsGolden(operator, one.altered)
  })
}

for (const operator of good) {
  test(`the gate accepts ${operator.id}`, () => {
    const { outcome, altered: lines } = tried(operator, 1)
    assert.deepEqual(outcome, { failed: [], inconclusive: [], notRun: [], errors: new Set() })
    altersAsGolden(operator, lines)
  })
}

test(
  'what each operator alters is written down, and nothing else is',
  { skip: !UPDATES && 'for UPDATE_GOLDEN=1' },
  () => {
    writeFileSync(GOLDEN, `${found.join('\n\n')}\n`)
  },
)

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { createPlainEvaluator, type PlainEvaluator } from './evaluator.ts'
import { parseEvent } from './event.ts'

const DATA = join(import.meta.dirname, '../../../../shared/data/sigma')
const RULES = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
const RULES_REFUSED_MAX = 2

interface Regression {
  readonly folder: string
  readonly rule: string
  readonly matchCountMin: number
  readonly events: readonly unknown[]
}

void describe('SigmaHQ', { skip: existsSync(DATA) ? false : `${DATA} is absent` }, () => {
  let evaluator: PlainEvaluator
  let rules: readonly unknown[]

  before(() => {
    const files = RULES.flatMap((folder) =>
      globSync('**/*.yml', { cwd: join(DATA, folder) }).map((path) => join(DATA, folder, path)),
    )
    rules = files.flatMap((path) =>
      parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as unknown),
    )
    evaluator = createPlainEvaluator(rules)
  })

  void test('every rule is taken, but for those with placeholders', () => {
    assert.ok(rules.length > 3_000, `${rules.length} rules`)
    assert.ok(evaluator.rejected.length <= RULES_REFUSED_MAX, JSON.stringify(evaluator.rejected))
    for (const { reason } of evaluator.rejected) assert.match(reason, /placeholder/)
    const placeholders = { known_cdcs: ['10.0.0.1', 'cdc.example.com'] }
    assert.deepEqual(createPlainEvaluator(rules, { placeholders }).rejected, [])
  })

  void test('every regression event matches its rule', (t) => {
    const cases = readRegressions()
    assert.ok(cases.length > 0)
    t.diagnostic(`${cases.length} cases have events`)
    const missed = cases.filter(({ rule, events, matchCountMin }) => {
      return events.filter((event) => evaluator.evaluate(event).includes(rule)).length < matchCountMin
    })
    assert.deepEqual(
      missed.map(({ folder }) => folder),
      [],
    )
  })
})

function readRegressions(): readonly Regression[] {
  const folder = join(DATA, 'regression')
  return globSync('**/info.yml', { cwd: folder }).flatMap((path) => {
    const info = parse(readFileSync(join(folder, path), 'utf8')) as {
      readonly rule_metadata: readonly { readonly id: string }[]
      /** Absent where SigmaHQ ships no event. */
      readonly regression_tests_info?: readonly { readonly match_count?: number; readonly path: string }[] | null
    }
    const rule = info.rule_metadata[0]?.id
    assert.ok(rule !== undefined, path)
    return (info.regression_tests_info ?? []).map((one) => {
      const file = join(folder, dirname(path), basename(one.path).replace(/\.\w+$/, '.json'))
      const events = parseConcatenated(readFileSync(file, 'utf8'))
      return { folder: dirname(path), rule, matchCountMin: one.match_count ?? 1, events }
    })
  })
}

/** JSON objects one after the other: each ends where the braces that are not in a string are even. */
function parseConcatenated(text: string): readonly unknown[] {
  const events: unknown[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gsu)) {
    if (token === '{' && depth++ === 0) start = index
    if (token === '}' && --depth === 0) events.push(parseEvent(text.slice(start, index + 1)))
  }
  return events
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import type { CaseVerdict, Corpus, ExecutionCase, ExecutionResult } from '@firebreak/gate'
import { judgedTwice, replaysOf } from './replays.ts'

const event = (n: number): HostEvent => ({
  category: 'process_creation',
  product: 'linux',
  service: null,
  timeMs: n,
  fields: {},
})
const corpus = (name: string, events: number): Corpus => ({
  name,
  kind: 'benign',
  digest: '0'.repeat(64),
  events: Array.from({ length: events }, (_, i) => event(i)),
  techniques: [],
})
const AT = { file: 'a', line: 1, column: 1 }
const CASES: readonly ExecutionCase[] = [{ ruleId: 'r', expect: 'match', event: event(9), name: 'one', at: AT }]
const ASKED = { cases: CASES, corpora: [corpus('first', 2), corpus('second', 1)] }
const verdict = (caseIndex: number): CaseVerdict => ({ caseIndex, firedRuleIds: [`${caseIndex}`] })
const ran = (...at: readonly number[]): ExecutionResult => ({
  kind: 'ran',
  engineVersion: '1.0.0',
  verdicts: at.map(verdict),
})

test('each corpus gets the answers to its own events, counted from its own first', () => {
  const found = replaysOf(ASKED, ran(3, 0, 1, 2))
  const told = found.map(({ corpus: { name }, result }) => [
    name,
    result.kind === 'ran' ? result.verdicts : result.kind,
  ])
  assert.deepEqual(told, [
    [
      'first',
      [
        { caseIndex: 0, firedRuleIds: ['1'] },
        { caseIndex: 1, firedRuleIds: ['2'] },
      ],
    ],
    ['second', [{ caseIndex: 0, firedRuleIds: ['3'] }]],
  ])
})

test('an engine that failed has failed for every corpus', () => {
  const failed: ExecutionResult = { kind: 'failed', code: 'engine/died', message: 'It died.' }
  assert.deepEqual(
    replaysOf(ASKED, failed).map(({ result }) => result),
    [failed, failed],
  )
})

test('candidate and running release are compared event by event', () => {
  const both = judgedTwice(ASKED, ran(0, 1, 2, 3), { kind: 'not-run' })
  assert.deepEqual(
    both.map(({ name, kind, candidate, running }) => [name, kind, candidate.length, running.length]),
    [
      ['tests', 'tests', 1, 0],
      ['first', 'benign', 2, 0],
      ['second', 'benign', 1, 0],
    ],
  )
})

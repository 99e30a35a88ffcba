import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExecutionResult } from '@firebreak/gate'
import * as fc from 'fast-check'
import { EVENTS_AT_ONCE, EVENTS_AT_ONCE_MIN, type Evaluate, inParts } from './in-parts.ts'

/** A build that fires on multiples of 3, dies on some events, and has no patience for more than `patience` of them. */
function build(
  patience: number,
  deadly: (event: number) => boolean = () => false,
): { readonly evaluate: Evaluate<number>; readonly asked: number[] } {
  const asked: number[] = []
  const evaluate = (events: readonly number[]): Promise<ExecutionResult> => {
    asked.push(events.length)
    const failed = (code: string): ExecutionResult => ({ kind: 'failed', code, message: '' })
    if (events.some(deadly)) return Promise.resolve(failed('engine/died'))
    if (events.length > patience) return Promise.resolve(failed('engine/no-answer'))
    const verdicts = events.map((event, caseIndex) => ({
      caseIndex,
      firedRuleIds: event % 3 === 0 ? [String(event)] : [],
    }))
    return Promise.resolve({ kind: 'ran', engineVersion: '1.1.0', verdicts })
  }
  return { evaluate, asked }
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

test('whatever the patience of a build, each event has its own answer, in order', async () => {
  const patience = fc.integer({ min: EVENTS_AT_ONCE_MIN, max: 2 * EVENTS_AT_ONCE })
  await fc.assert(
    fc.asyncProperty(fc.nat(12_000), patience, async (count, most) => {
      const result = await inParts(upTo(count), build(most).evaluate)
      assert.equal(result.kind, 'ran')
      assert.equal(result.verdicts.length, count)
      for (const [i, { caseIndex, firedRuleIds }] of result.verdicts.entries()) {
        assert.equal(caseIndex, i)
        assert.deepEqual(firedRuleIds, i % 3 === 0 ? [String(i)] : [])
      }
    }),
    { numRuns: 25 },
  )
})

test('parts are as large as the build has patience for', async () => {
  const { evaluate, asked } = build(EVENTS_AT_ONCE)
  await inParts(upTo(12_000), evaluate)
  assert.deepEqual(asked, [5_000, 5_000, 2_000])
  const impatient = build(2_000)
  await inParts(upTo(5_000), impatient.evaluate)
  assert.deepEqual(impatient.asked, [5_000, 2_500, 1_250, 1_250, 2_500, 1_250, 1_250])
})

test('one that answers nothing at all is given up soon', async () => {
  const { evaluate, asked } = build(-1)
  const result = await inParts(upTo(12_000), evaluate)
  assert.equal(result.kind === 'failed' && result.code, 'engine/no-answer')
  assert.deepEqual(asked, [5_000, 2_500, 1_250, 625, 313, 157])
})

test('a death is traced to its first event, in few processes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12_000 }), fc.nat(), async (count, n) => {
      const deadly = n % count
      const { evaluate, asked } = build(EVENTS_AT_ONCE, (event) => event === deadly || event === deadly + 7)
      const result = await inParts(upTo(count), evaluate)
      assert.deepEqual([result.kind, result.kind === 'failed' && result.answered], ['failed', deadly])
      assert.ok(asked.length <= 3 + 13)
    }),
    { numRuns: 40 },
  )
})

test('an image that kills without any event is not blamed on one', async () => {
  const died = { kind: 'failed', code: 'engine/died', message: '' } as const
  assert.deepEqual(await inParts(upTo(9), () => Promise.resolve(died)), died)
})

test('what a build says itself is believed, behind what came before', async () => {
  const evaluate: Evaluate<number> = (events) => {
    if (!events.includes(5_003)) return build(EVENTS_AT_ONCE).evaluate(events)
    return Promise.resolve({ kind: 'failed', code: 'engine/died', message: '', answered: 3 })
  }
  const result = await inParts(upTo(9_000), evaluate)
  assert.equal(result.kind === 'failed' && result.answered, 5_003)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Corpus } from './corpus.ts'
import { NEW_COUNT } from './coverage.ts'
import { Random } from './random.ts'

const PICKS = 4000

/** How often each entry is picked, if a round of it always costs what it said. */
function picksOf(entries: readonly { readonly ran: readonly number[]; readonly cost: number }[]): readonly number[] {
  const corpus = new Corpus(16, 100, 1000)
  for (const { ran, cost } of entries) {
    corpus.add(new Uint8Array(1), 0, { novelty: NEW_COUNT, ran: Uint32Array.from(ran), cost })
  }
  const random = new Random(1)
  const picks = entries.map(() => 0)
  for (let left = PICKS; left > 0; left--) {
    const entry = corpus.pick(random)
    entry.executions += 16
    entry.work += 16 * entry.cost
    const at = corpus.entries.indexOf(entry)
    picks[at] = (picks[at] ?? 0) + 1
  }
  return picks
}

test('who alone runs most of its blocks is worth more than many who run the same ones', () => {
  const crowd = Array.from({ length: 9 }, () => ({ ran: [0, 1], cost: 100 }))
  const [rare = 0, common = 0] = picksOf([{ ran: [0, 1, 2, 3, 4], cost: 100 }, ...crowd])
  assert.ok(rare > 8 * common, `${rare} ${common}`)
  assert.ok(common > 0, 'and nobody starves')
})

test('equals get equal time, so who costs less is picked more often', () => {
  const [dear = 0, cheap = 0] = picksOf([
    { ran: [0], cost: 400 },
    { ran: [1], cost: 100 },
  ])
  assert.ok(cheap > 3 * dear && cheap < 5 * dear, `${cheap} ${dear}`)
})

test('seeds are swept from the shortest on, and only seeds', () => {
  const corpus = new Corpus(4, 10, 1000)
  const shown = { novelty: NEW_COUNT, ran: Uint32Array.of(0), cost: 1 } as const
  corpus.add(new Uint8Array(9), 0, shown, true)
  corpus.add(new Uint8Array(5), 0, shown, true)
  corpus.add(new Uint8Array(1), 0, shown)
  const lengths: number[] = []
  for (let entry = corpus.unswept(); entry !== null; entry = corpus.unswept()) {
    entry.isSwept = true
    lengths.push(entry.bytes.length)
  }
  assert.deepEqual(lengths, [5, 9])
})

test('a full corpus stays as it is', () => {
  const corpus = new Corpus(4, 10, 8)
  const shown = { novelty: NEW_COUNT, ran: Uint32Array.of(0), cost: 1 } as const
  assert.equal(corpus.add(new Uint8Array(8), 0, shown), true)
  assert.equal(corpus.add(new Uint8Array(1), 0, shown), false)
  assert.equal(corpus.entries.length, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bandit, GAIN } from './bandit.ts'
import { Random } from './random.ts'

type Arm = 'good' | 'bad'
const ARMS: readonly Arm[] = ['good', 'bad']
const GAINS: ReadonlyMap<Arm, number> = new Map([
  ['good', 2],
  ['bad', 2],
])

/** How often `good` was chosen in 1000 rounds of 128 executions, of which that arm gains in one of two. */
function goodOf(bandit: Bandit<Arm>, random: Random, good: Arm): number {
  let chosen = 0
  for (let round = 0; round < 1000; round++) {
    const arm = bandit.choose(ARMS, random)
    if (arm === good) chosen++
    bandit.reward(arm, 128, arm === good && round % 2 === 0 ? GAIN.block : 0)
  }
  return chosen
}

test('the arm that gains more is chosen more, and the other still has its turns', () => {
  const chosen = goodOf(new Bandit(GAINS), new Random(1), 'good')
  assert.ok(chosen > 800 && chosen < 990, String(chosen))
})

test('what an arm gained long ago is forgotten', () => {
  const bandit = new Bandit(GAINS)
  const random = new Random(2)
  goodOf(bandit, random, 'good')
  assert.ok(goodOf(bandit, random, 'bad') > 700)
})

test('without any gain all arms are alike', () => {
  const bandit = new Bandit(GAINS)
  const random = new Random(3)
  let good = 0
  for (let round = 0; round < 1000; round++) {
    const arm = bandit.choose(ARMS, random)
    if (arm === 'good') good++
    bandit.reward(arm, 128, 0)
  }
  assert.ok(good > 400 && good < 600, String(good))
})

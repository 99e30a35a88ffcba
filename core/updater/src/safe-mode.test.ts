import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FALLBACK_WINDOW_MS, SAFE_MODE_COOL_DOWN_MS } from './slots.ts'
import {
  attempt,
  built,
  confirmedDied,
  damaged,
  died,
  end,
  fourDeaths,
  keep,
  NOW,
  offered,
  passed,
  played,
  recalled,
  resumed,
  run,
  safe,
  settled,
  since,
  started,
  startedWith,
  type Row,
} from './step.fixture.ts'

const table: readonly Row[] = [
  ['the starter runs where nothing is confirmed', {}, startedWith(0), { starts: 1, starter: 0 }, [run(0)]],
  ['a confirmed image goes before the starter', settled, startedWith(0), { ...built, starts: 1 }, [run(2)]],
  ['the starter of a newer agent', built, startedWith(8), { ...built, starter: 8, starts: 1 }, [run(2)]],
  ['a starter that is damaged at a start', built, started, { ...settled, starts: 1 }, [run(2)]],
  [
    'another starter forgets the deaths of the one before',
    { starter: 0, deathsAtMs: fourDeaths },
    startedWith(8),
    { starts: 1, starter: 8 },
    [run(8)],
  ],
  ['a recalled starter does not come back', { recalledStarter: 0 }, startedWith(0), { recalledStarter: 0, starts: 1 }, [run(null)]], // prettier-ignore
  ['recall of the only image: the starter', { confirmed: 2, starter: 0 }, recalled(2), { starter: 0, rejected: [2] }, [run(0)]], // prettier-ignore
  ['recall of the starter', { starter: 0 }, recalled(0), { recalledStarter: 0, rejected: [0] }, [run(null)]],
  [
    'recall of a starter that had fallen back as a candidate',
    { starter: 0, rejected: [0] },
    recalled(0),
    { recalledStarter: 0, rejected: [0] },
    [run(null)],
  ],
  ['damage to everything: the starter', { confirmed: 2, starter: 0 }, damaged(2), { starter: 0 }, [run(0)]],
  ['damage to the starter', { starter: 0 }, damaged(0), {}, [run(null)]],
  ['the starter as a release is tried', { starter: 0 }, offered(0), { starter: 0, candidate: [0, 'running', 0] }, [attempt(0)]], // prettier-ignore
  [
    'a crash loop with nothing but the starter to go back to',
    { confirmed: 2, starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { starter: 0, rejected: [2], fallbacksAtMs: [NOW] },
    [run(0)],
  ],
  [
    'a crash loop of the starter itself: it keeps trying',
    { starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { starter: 0, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],
  [
    'a crash loop of a release that is the starter: it keeps trying',
    { confirmed: 0, starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { confirmed: 0, starter: 0, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],

  [
    'the third fallback is safe mode',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1], generation: 5 },
    died,
    { ...safe, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5] },
    [end, run(0)],
  ],
  [
    'a fallback long ago does not count',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - FALLBACK_WINDOW_MS - 1, NOW - 1] },
    died,
    { ...built, rejected: [9, 3], fallbacksAtMs: [NOW - 1, NOW] },
    [end],
  ],
  [
    'safe mode by a crash loop: the trial waits',
    {
      ...built,
      candidate: [3, 'running', 0],
      fallbacksAtMs: [NOW - 2, NOW - 1],
      deathsAtMs: fourDeaths,
      generation: 5,
    },
    confirmedDied,
    { starter: 0, confirmed: 1, rejected: [9, 2], candidate: [3, 'waiting', 0], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5], generation: 5 }, // prettier-ignore
    [end, run(0)],
  ],
  [
    'safe mode by a restart',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1], generation: 5 },
    startedWith(0),
    { ...safe, starts: 1, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5] },
    [run(0)],
  ],
  [
    'safe mode without a starter: no candidates, but what is confirmed runs',
    { ...settled, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1] },
    died,
    { ...settled, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 0] },
    [end],
  ],
  ['it lasts over a start', safe, startedWith(0), { ...safe, starts: 1 }, [run(0)]],
  ['it takes no offer of the plan that led there', safe, offered(4, 5), 'same', []],
  ['and none before it has cooled down', { ...safe, safe: [NOW - SAFE_MODE_COOL_DOWN_MS + 1, 5] }, offered(4, 6), 'same', []], // prettier-ignore
  ['and none that was rejected', safe, offered(9, 6), 'same', []],
  [
    'a newer plan is tried over the starter',
    safe,
    offered(4, 6),
    { ...safe, candidate: [4, 'running', 0], generation: 6 },
    [attempt(4)],
  ],
  [
    'also when a clock was set back far',
    { ...safe, safe: [NOW + SAFE_MODE_COOL_DOWN_MS, 5] },
    offered(4, 6),
    { ...safe, safe: [NOW + SAFE_MODE_COOL_DOWN_MS, 5], candidate: [4, 'running', 0], generation: 6 },
    [attempt(4)],
  ],
  [
    'even what was confirmed has to prove itself again',
    safe,
    offered(2, 6),
    { starter: 0, rejected: [9], safe: since, candidate: [2, 'running', 0], confirmed: 1, generation: 6 },
    [attempt(2)],
  ],
  [
    'a trial that passes ends it',
    { ...safe, candidate: [4, 'running', 0], fallbacksAtMs: [1, 2, 3] },
    passed,
    { starter: 0, confirmed: 4, lastKnownGood: 2, rejected: [9], generation: 5 },
    [keep(4)],
  ],
  [
    'one that does not begins it anew',
    { ...safe, candidate: [4, 'running', 1], generation: 6 },
    died,
    { ...safe, rejected: [9, 4], fallbacksAtMs: [NOW], safe: [NOW, 6], generation: 6 },
    [end],
  ],
  [
    'a recall of the starter in it: what is confirmed runs',
    safe,
    recalled(0),
    { lastKnownGood: 1, confirmed: 2, rejected: [9, 0], recalledStarter: 0, safe: since, generation: 5 },
    [run(2)],
  ],
  ['a recall of confirmed in it', safe, recalled(2), { starter: 0, confirmed: 1, rejected: [9, 2], safe: since, generation: 5 }, []], // prettier-ignore
  ['a word of a person ends it', { ...safe, fallbacksAtMs: [1, 2, 3] }, resumed, { ...built, generation: 5 }, [run(2)]],
  ['a word of a person, in normal mode', built, resumed, 'same', []],
]

for (const row of table) {
  test(row[0], () => {
    const { found, expected } = played(row)
    assert.deepEqual(found, expected)
  })
}

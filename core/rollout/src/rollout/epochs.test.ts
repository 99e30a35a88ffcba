import assert from 'node:assert/strict'
import { test } from 'node:test'
import { epochStarts, takenFrom } from './epochs.ts'
import { inFirstWave } from './rollout.fixture.ts'
import type { WaveRecord } from './state.ts'

/** Waves in their order, each by the ring and the range of its control, as in `a 800-1000`. */
function wavesOf(text: string): readonly WaveRecord[] {
  const [first] = inFirstWave().waves
  assert.ok(first)
  return text.split(', ').flatMap((one, i) => {
    const [, ring = '', from, to, controlOf = 'unexposed'] = /^(\w+) (\d+)-(\d+) ?(\w+)?$/.exec(one) ?? []
    const arms = { ...first.arms, wave: i + 1, control: { fromPpm: Number(from), toPpm: Number(to) } }
    return ring === '' ? [] : [{ ...first, ring, controlOf: controlOf as WaveRecord['controlOf'], arms }]
  })
}

const epochs: readonly (readonly [what: string, waves: string, starts: readonly number[]])[] = [
  ['none', '', []],
  ['one', 'a 800-1000', [1]],
  ['one below the other', 'a 800-1000, a 600-800', [1]],
  ['one above the other', 'a 600-800, a 800-1000', [1]],
  ['sharing one bucket', 'a 800-1000, a 600-801', [1, 2]],
  ['sharing one bucket, the other way round', 'a 600-801, a 800-1000', [1, 2]],
  ['the same range of another ring', 'a 800-1000, b 800-1000', [1]],
  ['one within the other', 'a 0-1000, a 400-500', [1, 2]],
  ['overlapping one of two', 'a 800-1000, a 600-800, a 900-950', [1, 3]],
  ['overlapping only one of an earlier epoch', 'a 800-1000, a 700-900, a 950-960', [1, 2]],
  ['each overlapping the one before', 'a 0-10, a 0-10, a 0-10', [1, 2, 3]],
]

for (const [what, waves, starts] of epochs) {
  test(`an epoch begins: ${what}`, () => assert.deepEqual(epochStarts(wavesOf(waves)), starts))
}

const taken: readonly (readonly [what: string, waves: string, from: readonly number[]])[] = [
  ['by no wave', '', []],
  ['by one wave', 'a 800-1000', [800]],
  ['by the waves of the epoch', 'a 800-1000, a 600-800', [800, 600]],
  ['by those of the current epoch only', 'a 600-1000, a 800-1000, a 700-800', [800, 700]],
  ['by those of the third epoch only', 'a 600-1000, a 800-1000, a 700-900', [700]],
  ['not by another ring', 'b 800-1000, a 700-1000, b 500-800', [700]],
  ['not by settled hosts', 'a 0-100 settled, a 900-1000', [900]],
  ['not by nobody', 'a 1000-1000 nobody', []],
]

for (const [what, waves, from] of taken) {
  test(`controls are taken: ${what}`, () => assert.deepEqual(takenFrom(wavesOf(waves), 'a'), from))
}

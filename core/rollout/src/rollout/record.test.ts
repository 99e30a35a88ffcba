import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { operatorRecord, recordOf } from './record.ts'
import {
  cellOf,
  DIGEST,
  FakeFleet,
  fault,
  inFirstWave,
  judge,
  MINUTE,
  POLICY,
  type Ride,
  rollOut,
  START,
  T0,
} from './rollout.fixture.ts'
import { verdictText } from './verdict-text.ts'

const fleet = () =>
  new FakeFleet([
    { ring: 'canary', hosts: 100, strata: ['engine 0.2.0, linux 6.18 x64, ring canary, steady'] },
    { ring: 'broad', hosts: 300, strata: ['engine 0.2.0, linux 6.18 x64, ring broad, steady'] },
  ])

/** After 40 minutes a third of all hosts is gone, whatever they have; from the 55th on they come back. */
function outage(one: FakeFleet, nowMs: number): void {
  const minute = (nowMs - T0) / MINUTE
  for (const host of one.hosts.filter(({ bucket }) => bucket % 3 === 0)) {
    if (minute === 40) one.strike(host, 'silence')
    if (minute === 55) host.isPresent = true
  }
}

const stories: readonly (readonly [string, Ride])[] = [
  ['healthy', {}],
  ['halted-by-silence', { happens: fault(0.9, 'silence') }],
  ['halted-by-failures', { happens: fault(0.1, 'failure') }],
  ['held-by-outage', { happens: outage }],
]
for (const [name, ride] of stories) {
  /** UPDATE_GOLDEN=1 writes the file again: on purpose, and read in review. */
  test(`all verdicts of a rollout, as a person reads them: ${name}`, () => {
    const file = new URL(`${name}.golden.txt`, import.meta.url)
    const text = rollOut(fleet(), ride).records.map(verdictText).join('\n')
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
    assert.equal(text, readFileSync(file, 'utf8'))
  })
}

test('a record survives JSON, whatever happened', () => {
  for (const silence of [0, 5, 10]) {
    const cells = [
      cellOf({ cohort: 10, enrolled: 10, events: { silence } }),
      cellOf({ arm: 'control', cohort: 200, enrolled: 200 }),
    ]
    const record = recordOf(inFirstWave(), judge(POLICY, inFirstWave(), cells, T0), T0)
    assert.deepEqual(JSON.parse(JSON.stringify(record)), record)
  }
})

test('what a person decides is recorded with the numbers of that moment', () => {
  const cells = [cellOf({ cohort: 10, enrolled: 7, events: { reboot: 2 } })]
  const about = { kind: 'halt', pack: 'p', release: START.release, explanation: 'Looks odd.' } as const
  const record = operatorRecord(POLICY, inFirstWave(), cells, about, T0)
  const { kind, reason, ring, wave, counts, explanation } = record
  assert.deepEqual([kind, reason, ring, wave, explanation], ['halt', 'operator', 'canary', 1, 'Looks odd.'])
  assert.deepEqual([counts.exposed.cohort, counts.exposed.enrolled, counts.exposed.events.reboot], [10, 7, 2])
})

test('the recall of another release than the one that rolls out has no numbers of it', () => {
  const other = { version: '1.0.0', imageDigest: 'e'.repeat(64) }
  const about = { kind: 'recall', pack: 'p', release: other, explanation: 'Withdrawn.' } as const
  for (const state of [inFirstWave(), null]) {
    const record = operatorRecord(POLICY, state, [], about, T0)
    assert.deepEqual([record.imageDigest === DIGEST, record.ring, record.wave], [false, '', 0])
    assert.deepEqual([record.counts.exposed.cohort, record.excessUpperPpm], [0, PPM_ALL])
    assert.ok(verdictText(record).includes('recall (operator): p 1.0.0\n'))
  }
})

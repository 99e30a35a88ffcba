import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance, countedHalt, evidenceHalt, hold } from './explain.ts'
import { type Judged, judgedOf } from './judged.ts'
import { inFirstWave, MINUTE, POLICY, T0 } from './rollout.fixture.ts'
import type { HoldReason, SignalEvidence } from './verdict.ts'

const WITH_LIMITS = { ...POLICY, failuresMax: 3, lossesMax: 5 }
const STATE = inFirstWave()
const JUDGED = judgedOf(WITH_LIMITS, STATE, [], T0 + MINUTE)
const SILENCE: SignalEvidence = {
  signal: 'silence',
  logE: 20,
  wave: 1,
  stratum: 'engine 1, steady',
  exposedEvents: 7,
  controlEvents: 2,
}

/** What each hold says that no other does: what was seen, and what ends it. */
const holds: Readonly<Record<HoldReason, readonly [seen: RegExp, resolvedBy: RegExp]>> = {
  'unreadable-evidence': [/reported about 1\.2\.0 can't be/, /can be read/],
  'empty-cohort': [/No host of ring canary could take 1\.2\.0/, /One host of ring canary/],
  pacing: [/Too few hosts of ring canary .* more than 4 for/, /More hosts of ring canary/],
  'waves-spent': [/no more waves/, /A new release/],
  suspicion: [/Nothing happened\. From 1,000 on nothing more is exposed for 60 min; 1,000,000 halts/, /a person/],
  'coincident-outage': [/0 of 200 hosts of the control fell silent within 10 min; 5 % may/, /control loses fewer/],
  'insufficient-evidence': [/0 of 10 hosts .* proved well; 80 % must/, /after 60 min\.$/],
  baking: [/watched for 15 min in all/, /^14 min more\.$/],
  'reboot-wanted': [/0\.01 % of all that it brings/, /^Reboots of exposed hosts\.$/],
}

for (const [reason, [seen, resolvedBy]] of Object.entries(holds)) {
  test(`a hold says what was seen, what ends it, and what else was considered: ${reason}`, () => {
    const said = hold(JUDGED, reason as HoldReason)
    assert.match(said.explanation, seen)
    assert.match(said.resolvedBy, resolvedBy)
    const [halt, larger] = said.alternatives
    assert.match(halt ?? '', /^Halt: needs evidence of 1,000,000; there is none\.$/)
    assert.match(larger ?? '', /^Advance: .* 10 hosts at most: nothing is proven yet, so up to 100 % .* \(95 % sure\)/)
  })
}

test('before the first wave there is nothing to have baked', () => {
  assert.equal(hold({ ...JUDGED, wave: null }, 'baking').resolvedBy, '15 min more.')
})

test('hosts that are counted are held against their own limit', () => {
  const said = countedHalt(JUDGED, 'failure', 4)
  assert.match(said.explanation, /^4 hosts with 1\.2\.0 refused it or fell back from it; 3 may/)
  assert.match(countedHalt(JUDGED, 'silence', 6).explanation, /^6 hosts with 1\.2\.0 fell silent; 5 may/)
  assert.deepEqual(said.alternatives, ['Hold: one host too many is not waited for.'])
})

test('evidence is told with where it is strongest, if it is of one place, and against what', () => {
  const compared = evidenceHalt(JUDGED, SILENCE).explanation
  assert.match(compared, /^7 hosts of wave 1 fell silent after 1\.2\.0\. 2 of its control did\./)
  assert.match(compared, /It is strongest in engine 1, steady\./)
  const together = { ...SILENCE, signal: 'failure', wave: null, stratum: null } as const
  const attributed = evidenceHalt(JUDGED, together).explanation
  assert.match(attributed, /^7 hosts of the waves together refused it .* more than the policy expects/)
  assert.doesNotMatch(attributed, /strongest/)
})

test('what may be harmed is told in percent from one in a thousand on', () => {
  const [wave] = STATE.waves
  assert.ok(wave)
  const larger = (excessUpperPpm: number, judged: Judged = JUDGED): string => {
    const size = { ...judged.size, excessUpperPpm, proven: 12_000, harmed: 3 }
    return advance({ ...judged, size }, wave).alternatives[1] ?? ''
  }
  assert.match(larger(1_000), /12,000 proven, 3 harmed, so up to 0\.1 % may/)
  assert.match(larger(999), /so up to 999 in a million may/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions, unreachable } from '@firebreak/kernel'
import * as fc from 'fast-check'
import type { Plan } from '../plan/plan.ts'
import { exposure, hostView, planOfPack, release } from './customer.fixture.ts'
import { decideHost } from './host-decision.ts'
import type { HostView } from './host-view.ts'

const [r1, r2, r3] = [release(1), release(2), release(3)]
const plan = planOfPack
const host = hostView
const toAll = [exposure('canary')]
const toOthers = [exposure('early')]
const NOW_MS = 1_000_000
const bad = [r2.imageDigest]

/** What is decided, in one text. */
function told(a: Plan, b: HostView): string {
  const one = (decision: ReturnType<typeof decideHost>): string => {
    switch (decision.kind) {
      case 'install':
        return `install ${decision.release.version} ${decision.reason}`
      case 'keep':
        return `keep ${decision.reason}`
      case 'revoke':
        return `revoke ${decision.digests.map((digest) => `1.${Number(digest)}.0`).join(' ')}, ${one(decision.next)}`
      default:
        return unreachable(decision)
    }
  }
  return one(decideHost(a, b, NOW_MS))
}

const rows: readonly (readonly [string, Plan, HostView, string])[] = [
  ['nothing is released', plan(), host(), 'keep nothing-released'],
  ['a pack that the plan does not know', plan(), host({ pack: 'q' }), 'keep unknown-pack'],
  ['exposed', plan({ candidate: r2, exposure: toAll }), host(), 'install 1.2.0 exposed'],
  ['its ring is not exposed', plan({ candidate: r2, exposure: toOthers }), host(), 'keep not-exposed'],
  ['nobody is exposed: halted', plan({ candidate: r2 }), host({ confirmed: r1 }), 'keep not-exposed'],
  ['exposure of 0 is nobody', plan({ candidate: r2, exposure: [exposure('canary', 0)] }), host(), 'keep not-exposed'],
  ['the baseline, in any ring', plan({ baseline: r1 }), host({ enrolledRing: 'other' }), 'install 1.1.0 baseline'],
  ['a new host, not exposed yet', plan({ baseline: r1, candidate: r2 }), host(), 'install 1.1.0 baseline'],
  ['the baseline is what it has', plan({ baseline: r1, candidate: r2 }), host({ confirmed: r1 }), 'keep not-exposed'],
  ['it has the newest', plan({ baseline: r2 }), host({ confirmed: r2 }), 'keep up-to-date'],
  ['it has the candidate', plan({ candidate: r2, exposure: toAll }), host({ confirmed: r2 }), 'keep up-to-date'],
  ['a trial runs', plan({ candidate: r2, exposure: toAll }), host({ candidate: r2 }), 'keep in-trial'],
  [
    'a trial of another release runs',
    plan({ candidate: r3, exposure: toAll }),
    host({ candidate: r2 }),
    'keep in-trial',
  ],
  [
    'the candidate failed here',
    plan({ candidate: r2, exposure: toAll }),
    host({ confirmed: r1, rejected: bad }),
    'keep rejected-here',
  ],
  [
    'the candidate failed here, the baseline is newer than what it has',
    plan({ baseline: r1, candidate: r2, exposure: toAll }),
    host({ rejected: bad }),
    'install 1.1.0 baseline',
  ],
  ['the baseline failed here', plan({ baseline: r2 }), host({ confirmed: r1, rejected: bad }), 'keep rejected-here'],
  [
    'the candidate is older than what it has',
    plan({ candidate: r2, exposure: toAll }),
    host({ confirmed: r3 }),
    'keep not-newer',
  ],
  ['the baseline is older than what it has', plan({ baseline: r1 }), host({ confirmed: r2 }), 'keep not-newer'],
  [
    'the same version with other bytes',
    plan({ baseline: { ...r1, imageDigest: 'f'.repeat(64) } }),
    host({ confirmed: r1 }),
    'keep not-newer',
  ],
  ['a recalled candidate', plan({ candidate: r2, exposure: toAll }, [r2]), host({ confirmed: r1 }), 'keep recalled'],
  ['a recalled baseline', plan({ baseline: r2 }, [r2]), host(), 'keep recalled'],
  [
    'recalled in its trial',
    plan({ baseline: r1, candidate: r2, exposure: toAll }, [r2]),
    host({ candidate: r2, confirmed: r1 }),
    'revoke 1.2.0, keep recalled',
  ],
  [
    'recalled when confirmed: last known good is the way back',
    plan({ baseline: r1 }, [r2]),
    host({ confirmed: r2, lastKnownGood: r1 }),
    'revoke 1.2.0, keep up-to-date',
  ],
  [
    'recalled when confirmed, nothing else here: the baseline',
    plan({ baseline: r1 }, [r2]),
    host({ confirmed: r2 }),
    'revoke 1.2.0, install 1.1.0 baseline',
  ],
  [
    'everything here is recalled and there is no baseline',
    plan({}, [r1, r2]),
    host({ confirmed: r2, lastKnownGood: r1 }),
    'revoke 1.2.0 1.1.0, keep nothing-released',
  ],
  [
    'recalled last known good',
    plan({ baseline: r2 }, [r1]),
    host({ confirmed: r2, lastKnownGood: r1 }),
    'revoke 1.1.0, keep up-to-date',
  ],
  [
    'the starter is recalled',
    plan({ baseline: r2 }, [r1]),
    host({ starter: r1 }),
    'revoke 1.1.0, install 1.2.0 baseline',
  ],
  [
    'safe mode: what it has confirmed is offered again',
    plan({ baseline: r2 }),
    host({ confirmed: r2, lastKnownGood: r1, starter: r1, isSafe: true }),
    'install 1.2.0 baseline',
  ],
  [
    'safe mode: also what is older',
    plan({ baseline: r1 }),
    host({ confirmed: r2, rejected: bad, isSafe: true }),
    'install 1.1.0 baseline',
  ],
  [
    'safe mode: not what failed here',
    plan({ baseline: r2 }),
    host({ rejected: bad, isSafe: true }),
    'keep rejected-here',
  ],
  [
    'safe mode: a recall of what it has',
    plan({ baseline: r1 }, [r2]),
    host({ confirmed: r2, isSafe: true }),
    'revoke 1.2.0, install 1.1.0 baseline',
  ],
  [
    'recalled, of a pack that the plan no longer knows',
    { ...plan({}, [r2]), packs: [] },
    host({ confirmed: r2 }),
    'revoke 1.2.0, keep unknown-pack',
  ],
  [
    'recalled when confirmed, while exposed to a newer one',
    plan({ candidate: r3, exposure: toAll }, [r2]),
    host({ confirmed: r2 }),
    'revoke 1.2.0, install 1.3.0 exposed',
  ],
]
for (const [name, a, b, expected] of rows) {
  test(`${name}: ${expected}`, () => assert.equal(told(a, b), expected))
}

const refs = fc.integer({ min: 1, max: 4 }).map(release)
const maybe = fc.option(refs)
const plans = fc
  .record({
    baseline: maybe,
    candidate: maybe,
    exposure: fc.constantFrom([], toAll, toOthers),
    recalled: fc.uniqueArray(refs, { selector: (ref) => ref.version }),
  })
  .map(({ recalled, ...pack }) => plan(pack, recalled))
const hosts = fc
  .record({
    confirmed: maybe,
    lastKnownGood: maybe,
    candidate: maybe,
    starter: maybe,
    isSafe: fc.boolean(),
    rejected: fc.array(refs),
  })
  .map(({ rejected, ...view }) => host({ ...view, rejected: rejected.map(({ imageDigest }) => imageDigest) }))

test('nothing that is recalled, failed here or is not newer is ever installed, and recall is always obeyed', () => {
  fc.assert(
    fc.property(plans, hosts, (a, b) => {
      const decision = decideHost(a, b, NOW_MS)
      const all = [b.candidate, b.confirmed, b.lastKnownGood, b.starter]
      const held = all.flatMap((one) => (one ? [one.imageDigest] : []))
      const mustLeave = new Set(held.filter((digest) => a.recalled.includes(digest)))
      assert.deepEqual(new Set(decision.kind === 'revoke' ? decision.digests : []), mustLeave)
      const next = decision.kind === 'revoke' ? decision.next : decision
      if (next.kind !== 'install') return
      const { imageDigest, version } = next.release
      assert.ok(!a.recalled.includes(imageDigest))
      assert.ok(!b.rejected.includes(imageDigest))
      const running = b.confirmed && !mustLeave.has(b.confirmed.imageDigest) ? b.confirmed : null
      assert.ok(!running || b.isSafe || compareVersions(version, running.version) > 0)
    }),
    { numRuns: 2_000 },
  )
})

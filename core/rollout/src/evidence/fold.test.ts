import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FleetState } from './fleet-state.ts'
import { RELEASE, HEALTHY, RULES } from './fleet-table.fixture.ts'
import { foldReport } from './fold.ts'
import { HostColumns, imageIn } from './host-columns.ts'
import { encodeMembers, restoreMembers } from './members.ts'
import { Numbering } from './numbering.ts'
import { ReleaseWatch } from './release-watch.ts'
import { kindKey, NO_KIND } from './strata.ts'
import { TimeScale } from './time-scale.ts'

/** One host, and of each kind of number three: what is not given back is missed at once. */
function stateOf(): FleetState {
  const ticks = { silenceAfter: 1, silenceMin: 1, absenceAfter: 1, applyWithin: 1, watch: 1 }
  return {
    columns: new HostColumns(1),
    kinds: new Numbering(3, NO_KIND),
    customers: new Numbering(3, ''),
    images: new Numbering(3, ''),
    watches: new Map(),
    rules: { ...RULES, ...ticks },
    scale: new TimeScale(0),
    hosts: 1,
    listeningAt: 0,
    sweptAt: 0,
  }
}

test('a host that says something new each time takes one number of each', () => {
  const state = stateOf()
  const { columns, kinds, customers, images } = state
  for (let sequence = 1; sequence <= 10; sequence++) {
    const imageDigest = `${sequence}`.padStart(64, '0')
    const report = {
      ...HEALTHY,
      sequence,
      engineVersion: `1.${sequence}.0`,
      customer: { ...HEALTHY.customer, name: `c${sequence}` },
      running: { imageDigest },
      outcomes: [{ imageDigest, outcome: 'confirmed' as const, atMs: 0 }],
    }
    foldReport(state, 0, report, sequence)
    assert.equal(kinds.value(columns.kind[0] ?? 0).engineVersion, report.engineVersion)
    assert.equal(customers.value(columns.customer[0] ?? 0), report.customer.name)
    assert.equal(images.value(imageIn(columns.place[0] ?? 0)), imageDigest)
  }
})

test('a host that is restored keeps its image, and gives back its kind', () => {
  const saved = stateOf()
  const watch = new ReleaseWatch(RELEASE, () => 7)
  saved.watches.set(RELEASE.pack, watch)
  for (const sequence of [1, 2]) foldReport(saved, 0, { ...HEALTHY, sequence }, 16)
  const bytes = encodeMembers(saved, watch)

  const state = stateOf()
  const imageDigest = 'a'.repeat(64)
  const running = { running: { imageDigest }, outcomes: [{ imageDigest, outcome: 'confirmed' as const, atMs: 0 }] }
  foldReport(state, 0, { ...HEALTHY, ...running, pack: 'q' }, 16)
  const before = state.kinds.value(state.columns.kind[0] ?? 0)
  restoreMembers(state, new ReleaseWatch(RELEASE, () => 7), bytes)
  assert.equal(state.images.value(imageIn(state.columns.place[0] ?? 0)), imageDigest)
  assert.equal(state.kinds.numberOf(kindKey(before)), 0)
  assert.equal(state.kinds.value(state.columns.kind[0] ?? 0).pack, RELEASE.pack)
})

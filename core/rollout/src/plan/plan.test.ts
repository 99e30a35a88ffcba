import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import {
  encodePlan,
  OS_CHARS_MAX,
  parseHeldPlan,
  parsePlan,
  type Plan,
  PLAN_EARLIER_MAX,
  PLAN_EVIDENCE_MAX,
  PLAN_PACKS_MAX,
  PLAN_RECALLED_MAX,
  PLAN_RINGS_MAX,
  PLAN_WAVES_MAX,
  releaseTargetPath,
} from './plan.ts'

const digestOf = (i: number): string => i.toString(16).padStart(64, '0')
const release = (i: number) => ({ version: `1.${i}.0`, imageDigest: digestOf(i) })
const ARMS = {
  wave: 2,
  exposed: { fromPpm: 100, toPpm: 900 },
  control: { fromPpm: 900, toPpm: PPM_ALL },
}
const ROW = { imageDigest: digestOf(2), engineVersion: '1.0.0', os: 'linux 6.18', ranMs: 3_600_000, hosts: 7 }
const RING = { ring: 'canary', ppm: 900, arms: ARMS }
const PACK = {
  pack: 'p',
  category: 'c',
  baseline: release(1),
  candidate: release(2),
  exposure: [RING, { ring: 'broad', ppm: 0, arms: null }],
  candidateSinceMs: 1_000,
  baselineSinceMs: 500,
  earlier: [release(3), release(4)],
  evidence: [ROW],
}
const PLAN: Plan = { generation: 4, issuedAtMs: 2_000, packs: [PACK], recalled: [digestOf(9)] }

function read(plan: unknown, reader: (bytes: Uint8Array) => Plan = parsePlan): Plan {
  return reader(new TextEncoder().encode(JSON.stringify(plan)))
}

const withPack = (change: object): object => ({ ...PLAN, packs: [{ ...PACK, ...change }] })
const withArms = (change: object): object => withPack({ exposure: [{ ...RING, arms: { ...ARMS, ...change } }] })
const many = <T>(count: number, one: (i: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => one(i))

test('a plan is what was written', () => {
  assert.deepEqual(parsePlan(encodePlan(PLAN)), PLAN)
  assert.deepEqual(parseHeldPlan(encodePlan(PLAN)), PLAN)
  const bare = {
    ...PLAN,
    packs: [{ ...PACK, baseline: null, candidate: null, exposure: [], earlier: [], evidence: [] }],
  }
  assert.deepEqual(parsePlan(encodePlan(bare)), bare)
})

test('what servers of version 0.1 did not write is nothing', () => {
  const { pack, category, baseline, candidate } = PACK
  const old = { pack, category, baseline, candidate, exposure: [{ ring: 'canary', ppm: 5 }] }
  const [found] = read({ ...PLAN, packs: [old] }).packs
  const nothing = { candidateSinceMs: 0, baselineSinceMs: 0, earlier: [], evidence: [] }
  assert.deepEqual(found, { ...old, ...nothing, exposure: [{ ring: 'canary', ppm: 5, arms: null }] })
})

const accepted: readonly (readonly [what: string, plan: object])[] = [
  ['arms that touch', withArms({ exposed: { fromPpm: 0, toPpm: 500 }, control: { fromPpm: 500, toPpm: 900 } })],
  ['a control below', withArms({ exposed: { fromPpm: 500, toPpm: 900 }, control: { fromPpm: 0, toPpm: 500 } })],
  ['a control of nobody', withArms({ exposed: { fromPpm: 0, toPpm: 500 }, control: { fromPpm: 500, toPpm: 500 } })],
  ['the last wave', withArms({ wave: PLAN_WAVES_MAX })],
  ['a ring that is whole', withPack({ exposure: [{ ...RING, ppm: PPM_ALL }] })],
  [
    'as many packs as may be',
    { ...PLAN, packs: many(PLAN_PACKS_MAX, (i) => ({ ...PACK, pack: `p${i}`, exposure: [] })) },
  ],
  ['as many rings as may be', withPack({ exposure: many(PLAN_RINGS_MAX, (i) => ({ ...RING, ring: `r${i}` })) })],
  ['as many earlier releases as may be', withPack({ earlier: many(PLAN_EARLIER_MAX, release) })],
  ['as much evidence as may be', withPack({ evidence: many(PLAN_EVIDENCE_MAX, () => ROW) })],
  ['a long name of a system', withPack({ evidence: [{ ...ROW, os: 'x'.repeat(OS_CHARS_MAX) }] })],
  ['as many recalled as may be', { ...PLAN, recalled: many(PLAN_RECALLED_MAX, digestOf) }],
]

for (const [what, plan] of accepted) {
  test(`a plan with ${what}`, () => assert.deepEqual(read(plan), plan))
}

const refused: readonly (readonly [what: string, plan: unknown])[] = [
  ['no plan', []],
  ['generation 0', { ...PLAN, generation: 0 }],
  ['no generation', { ...PLAN, generation: undefined }],
  ['a range that ends before it begins', withArms({ exposed: { fromPpm: 900, toPpm: 899 } })],
  ['a range past the end', withArms({ control: { fromPpm: 900, toPpm: PPM_ALL + 1 } })],
  ['half a range', withArms({ exposed: { fromPpm: 100 } })],
  ['arms that share a bucket', withArms({ exposed: { fromPpm: 100, toPpm: 901 } })],
  [
    'arms that share a bucket, the other way round',
    withArms({ exposed: { fromPpm: 600, toPpm: 900 }, control: { fromPpm: 0, toPpm: 601 } }),
  ],
  ['an arm within the other', withArms({ control: { fromPpm: 200, toPpm: 300 } })],
  ['wave 0', withArms({ wave: 0 })],
  ['a wave too many', withArms({ wave: PLAN_WAVES_MAX + 1 })],
  ['no control', withArms({ control: undefined })],
  ['more than a whole ring', withPack({ exposure: [{ ...RING, ppm: PPM_ALL + 1 }] })],
  ['a name with a slash', withPack({ pack: '../p' })],
  ['a name that is too long', withPack({ pack: 'p'.repeat(65) })],
  ['no baseline', withPack({ baseline: undefined })],
  ['a release without digest', withPack({ candidate: { version: '1.0.0' } })],
  ['a digest that is too short', { ...PLAN, recalled: ['ab'] }],
  ['a time before all', withPack({ candidateSinceMs: -1 })],
  ['evidence of half a host', withPack({ evidence: [{ ...ROW, hosts: 0.5 }] })],
  ['a pack too many', { ...PLAN, packs: many(PLAN_PACKS_MAX + 1, (i) => ({ ...PACK, pack: `p${i}`, exposure: [] })) }],
  ['a ring too many', withPack({ exposure: many(PLAN_RINGS_MAX + 1, (i) => ({ ...RING, ring: `r${i}` })) })],
  ['an earlier release too many', withPack({ earlier: many(PLAN_EARLIER_MAX + 1, release) })],
  ['a row too many', withPack({ evidence: many(PLAN_EVIDENCE_MAX + 1, () => ROW) })],
  ['a name of a system that is too long', withPack({ evidence: [{ ...ROW, os: 'x'.repeat(OS_CHARS_MAX + 1) }] })],
  ['one recalled too many', { ...PLAN, recalled: many(PLAN_RECALLED_MAX + 1, digestOf) }],
]

for (const [what, plan] of refused) {
  test(`no plan has ${what}`, () => assert.throws(() => read(plan), { code: 'kernel/malformed' }))
}

test('a host may hold twice as many recalled as one plan says', () => {
  const recalled = many(2 * PLAN_RECALLED_MAX, digestOf)
  assert.deepEqual(read({ ...PLAN, recalled }, parseHeldPlan).recalled, recalled)
  const more = { ...PLAN, recalled: [...recalled, digestOf(1)] }
  assert.throws(() => read(more, parseHeldPlan), { code: 'kernel/malformed' })
})

test('an image is at a path of its pack and version', () => {
  assert.equal(releaseTargetPath('linux-baseline', '1.2.3'), 'releases/linux-baseline/1.2.3/image.fbi')
})

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { binaryFormat, type Campaign, createCampaign, type Dictionary, type Omission, Random } from '@firebreak/fuzz'
import { instrument } from '@firebreak/instrument'
import {
  type Builds,
  checkContract,
  EVENT,
  loadBuilds,
  REFERENCE_FORMAT,
  referenceScript,
  referenceTarget,
  SEEDS,
  SOUND_VARIANT,
  sweep,
  type Variant,
  VARIANTS,
} from './index.ts'
import { Refused, run } from './reference.ts'
import { content, criteriaFor, record } from './seeds.ts'

const FORMAT = binaryFormat(REFERENCE_FORMAT, 4096)
let builds: Builds
let dictionary: Dictionary
before(() => {
  const code = referenceScript()
  const counting = instrument(code, { build: 'counting' })
  dictionary = counting.dictionary
  builds = loadBuilds(counting, instrument(code, { build: 'tracing' }))
  Error.stackTraceLimit = 0
})

function variant(id: string): Variant {
  const found = VARIANTS.find((one) => one.id === id)
  assert.ok(found !== undefined)
  return found
}

function campaignOf(one: Variant, seed: number, omit: readonly Omission[] = []): Campaign<unknown> {
  const target = referenceTarget(builds, one)
  const options = {
    target,
    format: FORMAT,
    seeds: SEEDS,
    seed,
    dictionary,
    omit: new Set(omit),
    limits: { inputBytes: 4096 },
  }
  return createCampaign(options) as Campaign<unknown>
}

function executionsToFind(one: Variant, seed: number, budget: number, omit: readonly Omission[] = []): number {
  const campaign = campaignOf(one, seed, omit)
  while (!campaign.findings.some(({ code }) => code === one.code) && campaign.executions < budget) campaign.step(256)
  return campaign.findings.find(({ code }) => code === one.code)?.foundAt ?? Number.POSITIVE_INFINITY
}

describe('the parser', () => {
  const { build } = SOUND_VARIANT

  test('a record matches if all of its criteria hold, of each kind', () => {
    for (const [input, value] of EVENT.entries()) {
      for (const [kind, criterion] of criteriaFor(value).entries()) {
        const isMeant = typeof value === 'number' ? ![1, 2].includes(kind) : ![0, 3, 4].includes(kind)
        const bytes = content(1, 1, [record(7, 0, new Map([[input, criterion]])), record(8, 0, new Map())])
        assert.deepEqual(run(bytes, EVENT, build), isMeant ? [7, 8] : [8], `input ${input}, criterion ${kind}`)
      }
    }
  })

  test('what is no content is refused, and nothing else happens', () => {
    const random = new Random(1)
    for (const seed of SEEDS) {
      for (let length = 0; length < seed.length; length++) {
        assert.throws(() => run(seed.subarray(0, length), EVENT, build), Refused)
      }
      for (let i = 0; i < 2000; i++) {
        const damaged = seed.slice()
        for (let left = random.between(1, 3); left > 0; left--)
          damaged[random.below(damaged.length)] = random.below(256)
        try {
          run(damaged, EVENT, build)
        } catch (error) {
          assert.ok(error instanceof Refused, String(error))
        }
      }
    }
  })

  test('instrumented it says the same', () => {
    const target = referenceTarget(builds, SOUND_VARIANT)
    for (const seed of SEEDS) {
      assert.equal(target.run(seed), 'accepted')
      assert.equal(target.run(seed.subarray(1)), 'rejected')
      assert.deepEqual(target.trace?.(seed).outcome, 'accepted')
    }
  })

  test('the descriptor describes it: seeds are written as they are', () => {
    for (const seed of SEEDS) {
      const tree = FORMAT.decode(seed)
      assert.ok(tree !== null)
      assert.deepEqual(FORMAT.encode(tree), seed)
    }
  })
})

describe('July 2024', () => {
  for (const id of ['july-2024', 'july-2024-evaluate-all']) {
    test(`${id}: content as it was shipped before passes, so nobody noticed`, () => {
      const target = referenceTarget(builds, variant(id))
      for (const seed of SEEDS) assert.equal(target.run(seed), 'accepted')
    })

    test(`${id}: the contract says no, without running anything`, () => {
      assert.deepEqual(checkContract(variant(id)), { compatible: false, declared: 21, supplied: 20, executions: 0 })
      assert.equal(checkContract(SOUND_VARIANT).compatible, true)
    })

    test(`${id}: the sweep hits at the first probe of the 21st input`, () => {
      const hit = sweep(referenceTarget(builds, variant(id)))
      assert.deepEqual([hit?.input, hit?.probes, hit?.outcome.code], [21, 121, 'trap'])
      assert.equal(sweep(referenceTarget(builds, SOUND_VARIANT)), null)
    })
  }
})

describe('the fuzzer', () => {
  for (const one of VARIANTS) {
    test(`finds ${one.id}: ${one.needs}`, () => {
      assert.ok(executionsToFind(one, 1, 300_000) < 300_000)
    })
  }

  test('finds nothing where nothing is planted', () => {
    const campaign = campaignOf(SOUND_VARIANT, 1)
    campaign.step(20_000)
    assert.deepEqual(campaign.findings, [])
    assert.ok((campaign.progress.at(-1)?.blocks ?? 0) > 80)
  })

  test('makes the input of July 2024 as small as it can be', () => {
    const campaign = campaignOf(variant('july-2024-evaluate-all'), 2)
    while (campaign.findings.length === 0) campaign.step(64)
    campaign.minimise(2000)
    const [finding] = campaign.findings
    assert.equal(finding?.message, 'read outside the inputs')
    // Not much more than a header, and one record of 21 criteria of which the last is no wildcard.
    assert.ok(finding.input.length <= 72, String(finding.input.length))
  })

  test('is the same for the same seed', () => {
    const [a, b] = [campaignOf(SOUND_VARIANT, 5), campaignOf(SOUND_VARIANT, 5)]
    a.step(6000)
    for (let i = 0; i < 6; i++) b.step(1000)
    assert.deepEqual(
      b.corpus.map(({ bytes }) => bytes),
      a.corpus.map(({ bytes }) => bytes),
    )
    assert.deepEqual(b.progress, a.progress)
  })
})

/** What each part of the engine is worth: without it, what it is for is found later or never. */
describe('without', () => {
  const rows: readonly (readonly [part: readonly Omission[], id: string, budget: number])[] = [
    [['coverage'], 'two-fields', 20_000],
    [['structure'], 'many-records', 8000],
    [['structure', 'repair'], 'behind-checksum', 8000],
  ]
  for (const [part, id, budget] of rows) {
    test(`without ${part.join(' and ')}, ${id} is not found in ${budget} executions; with it, it is`, () => {
      const seeds = [1, 2]
      const found = (omit: readonly Omission[]): number =>
        seeds.filter((seed) => executionsToFind(variant(id), seed, budget, omit) < budget).length
      assert.ok(found([]) > found(part), `${found([])} of ${seeds.length} with, ${found(part)} without`)
    })
  }
})

test('without fuel, a parser that makes no progress never ends: with it, that is a finding', () => {
  const target = referenceTarget(builds, variant('no-progress'))
  const empty = content(1, 1, [[0, 0]])
  assert.deepEqual(target.run(empty), { code: 'fuel', message: 'it does not end' })
  assert.equal(referenceTarget(builds, SOUND_VARIANT).run(empty), 'rejected')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binaryFormat } from './binary/binary.ts'
import { bytes, int, lengthOf, REST, struct } from './binary/part.ts'
import { type Campaign, createCampaign, type Omission } from './campaign.ts'
import { documentFormat } from './document/document.ts'
import type { Format } from './format.ts'
import { type Compared, DICTIONARY_EMPTY, type Outcome, type Target } from './target.ts'

/** A parser whose counters and compare log are written by hand. */
type Parser = (input: Uint8Array, ran: (block: number) => void, compared: (a: number, b: number) => void) => Outcome

function targetOf(parser: Parser): Target {
  const counters = new Uint8Array(16)
  const ran = (block: number): void => {
    counters[block] = (counters[block] ?? 0) + 1
  }
  return {
    counters,
    run: (input) => parser(input, ran, () => {}),
    trace: (input) => {
      const log: Compared[] = []
      let last = 0
      const outcome = parser(
        input,
        (block) => {
          last = block
        },
        (a, b) => {
          if (a !== b) log.push({ a, b })
        },
      )
      return { outcome, compared: log, block: last }
    },
  }
}

/** Three bytes, each of which is found only by who keeps what got past the one before. */
const STAIRS: Parser = (input, ran) => {
  ran(0)
  for (const [i, wanted] of [17, 68, 119].entries()) {
    if (input[i] !== wanted) return 'rejected'
    ran(1 + i)
  }
  return { code: 'bug', message: 'the top of the stairs' }
}

/** One value of four billion, which the compare log gives away. */
const MAGIC: Parser = (input, ran, compared) => {
  ran(0)
  if (input.length < 6) return 'rejected'
  const value = new DataView(input.buffer, input.byteOffset, input.length).getUint32(2)
  compared(value, 0xfeedf00d)
  return value === 0xfeedf00d ? { code: 'bug', message: 'magic' } : 'accepted'
}

/** Behind a length and a checksum, a value. */
const SUMMED: Parser = (input, ran) => {
  ran(0)
  if (input.length < 3 || input[0] !== input.length - 1) return 'rejected'
  ran(1)
  if (input[1] !== sum(input, 2, input.length)) return 'rejected'
  ran(2)
  return input[2] === 0x7f ? { code: 'bug', message: 'behind the checksum' } : 'accepted'
}

function sum(input: Uint8Array, from: number, to: number): number {
  let total = 91
  for (let i = from; i < to; i++) total = (total * 31 + (input[i] ?? 0)) & 255
  return total
}

const SUMMED_FORMAT = binaryFormat(
  struct('summed', [
    int('length', 1, 'little', lengthOf(REST)),
    int('sum', 1, 'little', { is: 'checksum', of: 'payload', sum }),
    bytes('payload'),
  ]),
)

const BUDGET = 2 * 150_000

function executionsToFind<T>(
  parser: Parser,
  format: Format<T> | null,
  seed: number,
  omit: readonly Omission[],
): number {
  const seeds = [Uint8Array.of(3, 0, 1, 2, 3, 4, 5, 6)]
  const options = { target: targetOf(parser), format, seeds, seed, dictionary: DICTIONARY_EMPTY, omit: new Set(omit) }
  const campaign = createCampaign(options)
  while (campaign.findings.length === 0 && campaign.executions < BUDGET) campaign.step(100)
  return campaign.findings[0]?.foundAt ?? Number.POSITIVE_INFINITY
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: coverage that is fed back is what climbs stairs`, () => {
    assert.ok(executionsToFind(STAIRS, null, seed, []) < BUDGET)
    assert.equal(executionsToFind(STAIRS, null, seed, ['coverage']), Number.POSITIVE_INFINITY)
  })

  test(`seed ${seed}: the compare log is what knows a magic number`, () => {
    assert.ok(executionsToFind(MAGIC, null, seed, []) < 2000)
    assert.equal(executionsToFind(MAGIC, null, seed, ['compares']), Number.POSITIVE_INFINITY)
  })

  test(`seed ${seed}: what the format writes has its checksum right; blind changes need the repair`, () => {
    assert.ok(executionsToFind(SUMMED, SUMMED_FORMAT, seed, ['havoc', 'compares']) < 4000)
    const repaired = executionsToFind(SUMMED, SUMMED_FORMAT, seed, ['structure', 'compares', 'coverage'])
    const blind = executionsToFind(SUMMED, SUMMED_FORMAT, seed, ['structure', 'compares', 'coverage', 'repair'])
    assert.ok(repaired < 4000 && blind > 2 * repaired, `${repaired} ${blind}`)
  })
}

function stateOf<T>(campaign: Campaign<T>): unknown {
  return {
    findings: campaign.findings,
    corpus: campaign.corpus.map(({ bytes: one }) => [...one]),
    progress: campaign.progress,
  }
}

test('the same seed gives the same campaign, however it is cut into steps', () => {
  const start = (seed: number): Campaign<unknown> => {
    const options = { format: SUMMED_FORMAT, seeds: [], seed, dictionary: { texts: ['ab'], numbers: [300] } }
    return createCampaign({ ...options, target: targetOf(SUMMED) }) as Campaign<unknown>
  }
  const [whole, cut, other] = [start(7), start(7), start(8)]
  whole.step(20_000)
  for (let i = 0; i < 20_000; i += 625) cut.step(625)
  other.step(20_000)
  assert.deepEqual(stateOf(cut), stateOf(whole))
  assert.notDeepEqual(stateOf(other), stateOf(whole))
})

test('a finding is kept once for its code and block, and made as small as it can be', () => {
  const parser: Parser = (input, ran) => {
    ran(0)
    if (input.includes(65)) {
      ran(1)
      return { code: 'bug', message: 'a' }
    }
    if (input.includes(66)) {
      ran(2)
      return { code: 'bug', message: 'b' }
    }
    return 'accepted'
  }
  const seeds = [new Uint8Array(60).fill(1)]
  const campaign = createCampaign({
    target: targetOf(parser),
    format: null,
    seeds,
    seed: 1,
    dictionary: DICTIONARY_EMPTY,
  })
  campaign.step(20_000)
  assert.deepEqual(campaign.findings.map(({ bucket }) => bucket).toSorted(), ['bug@1', 'bug@2'])
  campaign.minimise(500)
  const smallest = campaign.findings.map(({ input, message }) => [message, ...input])
  assert.deepEqual(
    smallest.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ['a', 65],
      ['b', 66],
    ],
  )
})

test('seeds that fail are findings, and what is longer than the limit is cut', () => {
  const target = targetOf((input) => (input.length > 4 ? { code: 'long', message: '' } : 'rejected'))
  const seeds = [new Uint8Array(9), new Uint8Array(2)]
  const options = { target, format: null, seed: 1, dictionary: DICTIONARY_EMPTY }
  assert.equal(createCampaign({ ...options, seeds }).findings[0]?.foundAt, 1)
  const cut = createCampaign({ ...options, seeds, limits: { inputBytes: 4 } })
  cut.step(2000)
  assert.deepEqual(cut.findings, [])
})

test('a full corpus takes no more, and the campaign goes on', () => {
  const parser: Parser = (input, ran) => {
    ran(input.length % 16)
    return 'accepted'
  }
  const options = { target: targetOf(parser), format: null, seeds: [], seed: 1, dictionary: DICTIONARY_EMPTY }
  const campaign = createCampaign({ ...options, limits: { corpusEntries: 5 } })
  campaign.step(5000)
  assert.equal(campaign.corpus.length, 5)
  assert.ok(campaign.executions >= 5000)
})

test('progress says how far it came', () => {
  const campaign = createCampaign({
    target: targetOf(STAIRS),
    format: null,
    seeds: [],
    seed: 1,
    dictionary: DICTIONARY_EMPTY,
  })
  campaign.step(30_000)
  const { progress } = campaign
  const last = progress.at(-1)
  assert.deepEqual([last?.executions, last?.findings], [campaign.executions, campaign.findings.length])
  assert.ok(progress.every(({ blocks }, i) => blocks >= (progress[i - 1]?.blocks ?? 0)))
  assert.ok(last !== undefined && last.blocks > 1 && last.blocks <= 4)
})

test('a seed that is no document does not keep the others from being swept', () => {
  const format = documentFormat()
  const [broken, whole] = ['{', '{"a":[1,{"b":"text"}]}'].map((text) => Buffer.from(text)) as [Buffer, Buffer]
  const tree = format.decode(whole)
  assert.ok(tree !== null && format.decode(broken) === null)
  const places = [...(format.sweep?.(tree) ?? [])].map((one) => String(Buffer.from(format.encode(one))))
  const seen = new Set<string>()
  const target = targetOf((input) => {
    seen.add(String(Buffer.from(input)))
    return 'rejected'
  })
  createCampaign({ target, format, seeds: [broken, whole], seed: 1, dictionary: DICTIONARY_EMPTY }).step(8_000)
  const missed = places.filter((place) => !seen.has(place))
  assert.ok(places.length > 100)
  assert.deepEqual(missed, [])
})

import * as fc from 'fast-check'
import { EVENT, SEEDS, SOUND_VARIANT, type Variant, VARIANTS } from '@firebreak/reference-parser'
import { Refused, run } from '@firebreak/reference-parser/reference'
import { content, record } from '@firebreak/reference-parser/seeds'
import { cpuMsOfSelf } from './cpu.ts'
import type { PeerFigures, PeerSearch } from './peer.ts'

/*
 * fast-check as people use it: generators of content that is well-formed, and the property that nothing but a refusal is thrown. It has no
 * coverage, and does not see inside the parser.
 */

Error.stackTraceLimit = 0

const [, , seedsJson = '[1]', executionsText = '10000'] = process.argv
const executionsMax = Number(executionsText)

const byte = fc.nat(255)
const word = fc
  .oneof(fc.nat(0xffff), fc.nat({ max: 0xffffffff - 1 }))
  .map((n) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24])
const letters = fc
  .string({ maxLength: 12, unit: 'binary-ascii' })
  .map((text) => [text.length, ...Buffer.from(text, 'latin1')])
const { criterion } = fc.letrec<{ criterion: readonly number[] }>((tie) => ({
  criterion: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 10, arbitrary: fc.constant([0]) },
    word.map((bytes) => [1, ...bytes]),
    letters.map((bytes) => [2, ...bytes]),
    letters.map((bytes) => [3, ...bytes]),
    fc.tuple(word, word).map(([low, high]) => [4, ...low, ...high]),
    word.map((bytes) => [5, ...bytes]),
    fc.array(tie('criterion'), { minLength: 1, maxLength: 4 }).map((any) => [6, any.length, ...any.flat()]),
  ),
}))
const anyRecord = fc
  .tuple(fc.nat(0xffff), byte, fc.array(criterion, { minLength: 21, maxLength: 21 }))
  .map(([id, flags, criteria]) => record(id, flags, new Map(criteria.map((one, i) => [i, one]))))
const anyContent = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(15), fc.array(anyRecord, { maxLength: 6 }))
  .map(([version, type, records]) => content(version, type, records))

function searchFor(variant: Variant, seed: number): PeerSearch {
  const before = cpuMsOfSelf()
  let executions = 0
  const { failed } = fc.check(
    fc.property(anyContent, (bytes) => {
      executions++
      try {
        run(bytes, EVENT, variant.build)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
      }
    }),
    { seed, numRuns: executionsMax, endOnFailure: true },
  )
  return {
    variant: variant.id,
    seed,
    executions: failed ? executions : null,
    cpuSeconds: (cpuMsOfSelf() - before) / 1000,
  }
}

for (const bytes of SEEDS) run(bytes, EVENT, SOUND_VARIANT.build)
const rate = searchFor(SOUND_VARIANT, 1)
const seeds = JSON.parse(seedsJson) as readonly number[]
// A record of length 0 makes that variant go on for ever, and nothing here counts its steps.
const ending = VARIANTS.filter(({ code }) => code !== 'fuel')
const figures: PeerFigures = {
  version: `fast-check ${fc.__version}`,
  execsPerCpuSecond: Math.round(executionsMax / rate.cpuSeconds),
  searches: ending.flatMap((variant) => seeds.map((seed) => searchFor(variant, seed))),
  peakMiB: Math.ceil(process.resourceUsage().maxRSS / 1024),
  executionsMax,
}
process.stdout.write(`${JSON.stringify(figures)}\n`)

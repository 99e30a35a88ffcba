import { readFileSync } from 'node:fs'
import { binaryFormat, type Campaign, createCampaign, type Omission } from '@firebreak/fuzz'
import {
  type Builds,
  loadBuilds,
  REFERENCE_FORMAT,
  referenceTarget,
  SEEDS,
  SOUND_VARIANT,
  sweep,
  type Variant,
  VARIANTS,
} from '@firebreak/reference-parser'
import { cpuMsOfSelf } from './cpu.ts'
import type { Rate, ReferenceResult, ReferenceTask, VariantSearch } from './reference-task.ts'

/*
 * The process whose speed and memory are stated: it loads the programs that another process has instrumented, the engine, and nothing else.
 */

Error.stackTraceLimit = 0

const INPUT_BYTES_MAX = 4096
/** Executions before a rate is measured: compilers are done, and the corpus has grown. */
const WARM_UP = 0.25
/** Turned off one at a time; only for variants that show what it is worth. */
const ABLATIONS: readonly (readonly [Omission, string])[] = [
  ['structure', 'many-records'],
  ['compares', 'magic-word'],
  ['repair', 'behind-checksum'],
  ['coverage', 'two-fields'],
]

const [, , path = ''] = process.argv
const baseMiB = process.memoryUsage.rss() / 2 ** 20
const task = JSON.parse(readFileSync(path, 'utf8')) as ReferenceTask
const builds: Builds = loadBuilds(task.counting, task.tracing)

function campaignOf(variant: Variant, seed: number, omit: readonly Omission[]): Campaign<unknown> {
  return createCampaign({
    target: referenceTarget(builds, variant),
    format: binaryFormat(REFERENCE_FORMAT, INPUT_BYTES_MAX),
    seeds: SEEDS,
    seed,
    dictionary: task.counting.dictionary,
    omit: new Set(omit),
    limits: { inputBytes: INPUT_BYTES_MAX },
  }) as Campaign<unknown>
}

function rateOf(arms: string, omit: readonly Omission[]): Rate {
  const campaign = campaignOf(SOUND_VARIANT, 1, omit)
  campaign.step(Math.ceil(task.rateExecutions * WARM_UP))
  const [executions, before] = [campaign.executions, cpuMsOfSelf()]
  campaign.step(task.rateExecutions)
  const seconds = (cpuMsOfSelf() - before) / 1000
  const lengths = campaign.corpus.map(({ bytes }) => bytes.length).toSorted((a, b) => a - b)
  return {
    arms,
    executionsPerCpuSecond: Math.round((campaign.executions - executions) / seconds),
    inputBytes: lengths[Math.floor(lengths.length / 2)] ?? 0,
  }
}

function searchFor(variant: Variant, seed: number, omitted: readonly Omission[]): VariantSearch {
  const before = cpuMsOfSelf()
  const campaign = campaignOf(variant, seed, omitted)
  const found = (): number | undefined => campaign.findings.find(({ code }) => code === variant.code)?.foundAt
  while (found() === undefined && campaign.executions < task.executionsMax) campaign.step(256)
  const cpuSeconds = (cpuMsOfSelf() - before) / 1000
  return { variant: variant.id, seed, omitted, executions: found() ?? null, cpuSeconds }
}

const rates = [rateOf('havoc, compares, repair', ['structure']), rateOf('all', [])]
const searches = VARIANTS.flatMap((variant) => task.seeds.map((seed) => searchFor(variant, seed, [])))
const ablated = ABLATIONS.flatMap(([omission, id]) => {
  const variant = VARIANTS.find((one) => one.id === id)
  return variant === undefined ? [] : task.seeds.slice(0, 3).map((seed) => searchFor(variant, seed, [omission]))
})
const replica = VARIANTS.find(({ id }) => id === 'july-2024')
const result: ReferenceResult = {
  rates,
  searches: [...searches, ...ablated],
  sweepProbes: replica === undefined ? null : (sweep(referenceTarget(builds, replica))?.probes ?? null),
  peakMiB: Math.ceil(process.resourceUsage().maxRSS / 1024),
  baseMiB: Math.ceil(baseMiB),
}
process.stdout.write(`${JSON.stringify(result)}\n`)

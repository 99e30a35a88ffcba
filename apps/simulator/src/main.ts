import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { errorMessage } from '@firebreak/kernel'
import { HOSTS_MAX } from '@firebreak/world'
import { jsonOf } from './report/figures.ts'
import { makeReport } from './report/make.ts'
import { pageOf } from './report/page.ts'
import { tableOf } from './report/table.ts'
import { showProgress } from './progress.ts'
import { readScenario, scenarioNames } from './scenarios.ts'

const USAGE = 'Usage: firebreak sim NAME [--hosts N] [--seed S] [--json] [--html FILE]; without NAME: the scenarios'
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const KIB_PER_MIB = 1_024
const SEED_MAX = 2 ** 32 - 1

class UsageError extends Error {}

function run(args: readonly string[]): void {
  const { values, positionals } = parse(args)
  const [name, ...rest] = positionals
  if (rest.length > 0) throw new UsageError('one scenario at a time')
  if (name === undefined) return list(values.json)
  if (!scenarioNames().includes(name)) {
    throw new UsageError(`there is no scenario ${name}; there are ${scenarioNames().join(', ')}`)
  }
  const scenario = readScenario(name)
  const hosts = values.hosts === undefined ? scenario.hosts : whole(values.hosts, '--hosts', 1, HOSTS_MAX)
  const seed = whole(values.seed, '--seed', 0, SEED_MAX)
  const startedMs = performance.now()
  const progress = showProgress(hosts)
  const report = makeReport(name, scenario, { hosts, seed, progress: progress.tell })
  progress.end()
  const expense = {
    wallSeconds: Number(((performance.now() - startedMs) / 1_000).toFixed(1)),
    peakMiB: Math.ceil(process.resourceUsage().maxRSS / KIB_PER_MIB),
  }
  if (values.html !== undefined) writeFileSync(values.html, pageOf(report))
  if (values.json) process.stdout.write(`${JSON.stringify(jsonOf(report, expense))}\n`)
  else process.stdout.write(`${tableOf(report, expense).join('\n')}\n`)
  if (!report.checks.every(({ ok }) => ok)) process.exitCode = EXIT_FAILED
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        hosts: { type: 'string' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        html: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(errorMessage(error))
  }
}

function whole(text: string, option: string, min: number, max: number): number {
  const number = Number(text.replaceAll('_', ''))
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new UsageError(`${option} is a whole number from ${min} to ${max}`)
  }
  return number
}

function list(json: boolean): void {
  const scenarios = scenarioNames().map((name) => ({ name, ...readScenario(name) }))
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  process.stdout.write(
    json
      ? `${JSON.stringify({ scenarios: scenarios.map(({ name, title, hosts }) => ({ name, title, hosts })) })}\n`
      : scenarios.map(({ name, title }) => `${name.padEnd(width)}  ${title}\n`).join(''),
  )
}

try {
  run(process.argv.slice(2))
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(
    isUsage ? `Cannot simulate: ${error.message}\n${USAGE}\n` : `Cannot simulate: ${errorMessage(error)}\n`,
  )
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED
}

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { explain, type LedgerEntry, type Mutant } from './ledger.ts'

const USAGE = `node mutation/src/main.ts [PACKAGE...] [--score N]
  Mutation testing of core/content, core/gate and core/rollout, or of the packages named. Takes hours; see mutation/README.md.
Exit codes: 0 every package reached the score and every survivor is explained, 1 not so, 2 wrong usage.`

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HERE = join(ROOT, 'mutation')
const PACKAGES = ['core/content', 'core/gate', 'core/rollout'] as const
const SCORE_MIN = 90
/** Nobody knows what these mutants would have done: a run with one is no measurement. */
const ERRORS = new Set(['RuntimeError', 'CompileError', 'Pending'])

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Reported[] }>>
}
interface Reported {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  readonly location: Readonly<Record<'start' | 'end', { readonly line: number; readonly column: number }>>
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { score: { type: 'string' }, help: { type: 'boolean' } },
})
if (values.help === true || positionals.some((one) => !PACKAGES.some((known) => known === one))) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(values.help === true ? 0 : 2)
}
install()
const wanted = positionals.length === 0 ? PACKAGES : positionals
const results = wanted.map((folder) => measure(folder, Number(values.score ?? SCORE_MIN)))
process.stdout.write(`${JSON.stringify({ ok: results.every(({ ok }) => ok), packages: results })}\n`)
if (!results.every(({ ok }) => ok)) process.exitCode = 1

/** Its packages are its own, so that nothing of a test tool comes near what is shipped. */
function install(): void {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HERE,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error('Cannot install the mutation tester: npm ci failed as shown above')
}

function measure(folder: string, scoreMin: number) {
  const name = folder.replace('/', '-')
  mkdirSync(join(HERE, '.work'), { recursive: true })
  const stryker = join(HERE, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const { status } = spawnSync(process.execPath, [stryker, 'run', join(HERE, 'stryker.config.mjs')], {
    cwd: ROOT,
    env: { ...process.env, MUTATE: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const mutants = status === 0 ? mutantsOf(join(HERE, '.work', `${name}.json`)) : []
  const ledger = JSON.parse(readFileSync(join(HERE, 'ledger', `${name}.json`), 'utf8')) as readonly LedgerEntry[]
  return judge(folder, mutants, ledger, scoreMin)
}

function judge(folder: string, mutants: readonly Mutant[], ledger: readonly LedgerEntry[], scoreMin: number) {
  const of = (...statuses: readonly string[]) => mutants.filter(({ status }) => statuses.includes(status))
  const survivors = of('Survived', 'NoCoverage')
  const killed = of('Killed', 'Timeout').length
  const errors = mutants.filter(({ status }) => ERRORS.has(status)).length
  const score = Math.round((10_000 * killed) / Math.max(1, killed + survivors.length)) / 100
  const unexplained = survivors.filter((one) => explain(one, ledger) === null)
  for (const { file, line, mutator, original, replacement } of unexplained) {
    process.stderr.write(`${file}:${line} ${mutator} survived: ${original} -> ${replacement}\n`)
  }
  const ok = killed > 0 && errors === 0 && score >= scoreMin && unexplained.length === 0
  const explained = survivors.length - unexplained.length
  const ignored = of('Ignored').length
  return { package: folder, ok, score, killed, survived: survivors.length, explained, errors, ignored }
}

function mutantsOf(path: string): readonly Mutant[] {
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.map((one): Mutant => {
      const { start } = one.location
      return {
        file,
        line: start.line,
        mutator: one.mutatorName,
        original: textAt(lines, one),
        replacement: one.replacement ?? '',
        status: one.status,
      }
    })
  })
}

/** The first line of what was replaced. */
function textAt(lines: readonly string[], { location: { start, end } }: Reported): string {
  const line = lines[start.line - 1] ?? ''
  return line.slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined).trim()
}

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { judge, type PackageScore, scoreOf, survivorsOf } from './judge.ts'
import { explain, type LedgerEntry, type Mutant } from './ledger.ts'
import { mutantsOf } from './report.ts'

const USAGE = `node mutation/src/main.ts [PACKAGE | ROOM | FILES...] [--score N]
  Mutation testing of core/content, core/gate and core/rollout, or of the packages, rooms (core/content/src/regex) or files
  ('core/content/src/image/verify-*.ts') named.
  Prints one line of JSON, and each survivor that nobody has explained. See mutation/README.md.
Exit codes: 0 every package reached the score and every survivor is explained, 1 not so, 2 wrong usage.`

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HERE = join(ROOT, 'mutation')
const PACKAGES = ['core/content', 'core/gate', 'core/rollout'] as const
const SCORE_MIN = 90
const TESTS = /\.test\.ts$|fixture|oracle/u

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { score: { type: 'string' }, help: { type: 'boolean' } },
})
if (values.help === true || !positionals.every((one) => PACKAGES.some((known) => `${one}/`.startsWith(`${known}/`)))) {
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
  if (existsSync(join(HERE, 'node_modules/@stryker-mutator/core'))) return
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HERE,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error('Cannot install the mutation tester: npm ci failed as shown above')
}

function measure(wantedFolder: string, scoreMin: number): PackageScore {
  const folder = wantedFolder.split('/').slice(0, 2).join('/')
  const mutants = roomsOf(wantedFolder).flatMap((files) => mutate(folder, files))
  const path = join(HERE, 'ledger', `${folder.replace('/', '-')}.json`)
  const ledger = JSON.parse(readFileSync(path, 'utf8')) as readonly LedgerEntry[]
  tell(mutants, ledger)
  return judge(wantedFolder, mutants, ledger, scoreMin)
}

/** Files of each folder together: what is not being mutated runs at its full speed. */
function roomsOf(folder: string): readonly (readonly string[])[] {
  const source = folder.split('/').length === 2 ? `${folder}/src` : folder
  const files = globSync(source.endsWith('.ts') ? source : `${source}/**/*.ts`, { cwd: ROOT }).filter(
    (one) => !TESTS.test(one),
  )
  return [...Map.groupBy(files.toSorted(), (one) => one.slice(0, one.lastIndexOf('/'))).values()]
}

function mutate(folder: string, files: readonly string[]): readonly Mutant[] {
  const report = join(HERE, '.work', `report-${process.pid}.json`)
  mkdirSync(join(HERE, '.work'), { recursive: true })
  rmSync(report, { force: true })
  const stryker = join(HERE, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const { status } = spawnSync(process.execPath, [stryker, 'run', join(HERE, 'stryker.config.mjs')], {
    cwd: ROOT,
    env: { ...process.env, MUTATE_PACKAGE: folder, MUTATE_FILES: files.join(','), MUTATE_REPORT: report },
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (status !== 0)
    throw new Error(`Stryker failed with ${status} as shown above: no mutant of ${files.join(', ')} was tried`)
  return existsSync(report) ? mutantsOf(readFileSync(report, 'utf8')) : []
}

/** What a person wants to see: the score of each file, and where to look. */
function tell(mutants: readonly Mutant[], ledger: readonly LedgerEntry[]): void {
  for (const [file, those] of Map.groupBy(mutants, (one) => one.file)) {
    const survivors = survivorsOf(those)
    process.stderr.write(
      `${file}: ${scoreOf(those)} % of ${those.filter(({ status }) => status !== 'Ignored').length}\n`,
    )
    for (const { line, status, mutator, original, replacement } of survivors.filter(
      (one) => explain(one, ledger) === null,
    )) {
      process.stderr.write(`  ${file}:${line} ${status} ${mutator}: ${original} -> ${replacement}\n`)
    }
  }
}

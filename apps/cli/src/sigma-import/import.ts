import { basename, resolve } from 'node:path'
import type { CoverageReport, SigmaRule } from '@firebreak/content'
import { ENGINE_VERSION } from '@firebreak/detect'
import { coverageLines, coverageObject, LINUX_SENSOR, linuxCoverage, silentLines } from '../coverage.ts'
import { CliError } from '../errors.ts'
import { plural } from '../plural.ts'
import type { Screen } from '../screen.ts'
import { readSigmaFolder, type SigmaFolder } from '../sigma-files/folder.ts'
import { readYaml } from '../sigma-files/source.ts'
import { parseSigmaFile, type ParsedSigmaFile } from './parse.ts'
import { type ImportPlan, planImport } from './plan.ts'
import { refusalLines } from './report.ts'
import { refuseToOverwrite, writePack } from './write-pack.ts'

export interface ImportOptions {
  /** Folder of the pack to be made; without it nothing is written. */
  readonly out?: string
  /** Of the pack; without it made of the folder's. */
  readonly name?: string
  /** Leave out what can't fire on that system's sensor. */
  readonly for?: 'linux'
  readonly strict: boolean
  readonly all: boolean
}

/** As the manifest demands; checked before any work. */
const PACK_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/**
 * Makes a pack of the rules of a Sigma repository. What can't be taken is listed, all of it; the rest is taken.
 *
 * @throws CliError cli/usage; cli/refused: nothing could be taken, or with `strict` something could not
 */
export async function importSigma(
  dir: string,
  options: ImportOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<void> {
  const name = packName(dir, options)
  if (options.out !== undefined) await refuseToOverwrite(options.out)
  screen.step(`Reading the rules of ${dir}`)
  const folder = await readSigmaFolder(dir, options.all)
  const files = (await readYaml(folder, interrupted)).map(parseSigmaFile)
  const plan = planImport(files, folder.diagnostics, options.for === 'linux' ? LINUX_SENSOR : null)
  const sound = files.filter(({ diagnostics }) => diagnostics.length === 0)
  const coverage = linuxCoverage(rulesOf(sound))
  screen.done(`${plural(folder.files.length, 'file')} read`)
  for (const line of [...refusalLines(plan), ...silentLines(coverage)]) process.stderr.write(`${line}\n`)
  warn(folder, screen)
  const record = recordOf(dir, folder, plan, coverage)
  const rules = rulesOf(plan.taken).length
  refuseIfNothing(dir, rules, plan, options.strict, record)
  if (options.out !== undefined) {
    screen.step(`Writing ${options.out}`)
    const description = `${plural(rules, 'rule')} imported from the Sigma rules of ${basename(resolve(dir))}.`
    await writePack(options.out, {
      name,
      description,
      minimumEngine: ENGINE_VERSION,
      licences: folder.licences,
      record,
      rules: plan.taken.map(({ source }) => source),
    })
    screen.done()
  }
  const result = { ok: true, pack: options.out === undefined ? null : { name, folder: options.out }, ...record }
  screen.result(result, [...coverageLines(coverage), summary(plan, rules), whereTo(options.out)])
}

function packName(dir: string, { name, out }: ImportOptions): string {
  if (name !== undefined) {
    if (PACK_NAME.test(name)) return name
    const message = `Cannot name a pack ${JSON.stringify(name)}: expected lower-case letters, digits and hyphens, at most 64`
    throw new CliError('cli/usage', message, { name })
  }
  const made = basename(resolve(out ?? dir))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 64)
  return PACK_NAME.test(made) ? made : 'sigma'
}

function warn(folder: SigmaFolder, screen: Screen): void {
  if (folder.skipped.length > 0) screen.warn(`passed over (--all reads them): ${folder.skipped.join(', ')}`)
  if (folder.licences.length > 0) return
  screen.warn(
    'no licence file there: rules under the Detection Rule License have to keep their authors and carry it along',
  )
}

/** The same object in `import.json` and as the answer for programs. */
function recordOf(dir: string, folder: SigmaFolder, plan: ImportPlan, coverage: CoverageReport<SigmaRule>) {
  const name = ({ id, title, at }: SigmaRule) => ({ id, title, at })
  return {
    source: basename(resolve(dir)),
    files: folder.files.length,
    taken: rulesOf(plan.taken).length,
    refusedFiles: plan.refusedFiles,
    refused: plan.refused,
    lostWithFile: plan.lostWithFile.map(name),
    leftOut: plan.leftOut.map(({ rule, verdict }) => ({ ...name(rule), reasons: verdict.reasons })),
    keptWithFile: plan.keptWithFile.map(name),
    skippedFolders: folder.skipped,
    licences: folder.licences.map(({ file }) => file),
    coverage: coverageObject(coverage),
  }
}

function refuseIfNothing(
  dir: string,
  taken: number,
  plan: ImportPlan,
  strict: boolean,
  record: Readonly<Record<string, unknown>>,
): void {
  const refused = plan.refused.length
  if (taken > 0 && (refused === 0 || !strict)) return
  const why = refused > 0 ? `${plural(refused, 'problem')}, listed above` : 'there is no rule in it'
  throw new CliError(
    'cli/refused',
    `Cannot import ${dir}: ${taken === 0 && plan.leftOut.length > 0 ? 'no rule can fire' : why}`,
    record,
  )
}

function summary({ refused, refusedFiles, lostWithFile, leftOut }: ImportPlan, taken: number): string {
  const parts = [
    `${plural(taken, 'rule')} taken`,
    refused.length === 0
      ? 'none refused'
      : `${plural(refusedFiles, 'file')} refused (${plural(refused.length, 'problem')}, listed above)`,
    ...(lostWithFile.length > 0 ? [`${plural(lostWithFile.length, 'rule')} lost with them`] : []),
    ...(leftOut.length > 0 ? [`${plural(leftOut.length, 'rule')} left out that can't fire`] : []),
  ]
  return parts.join(', ')
}

function whereTo(out: string | undefined): string {
  if (out === undefined) return 'nothing was written: --out PACK makes a pack of them'
  return `pack written to ${out}, with import.json on what was taken and what was not; \`firebreak check ${out}\` reads it`
}

function rulesOf(files: readonly ParsedSigmaFile[]) {
  return files.flatMap(({ rules }) => rules)
}

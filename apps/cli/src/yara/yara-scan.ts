import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CliError, EXIT, type ExitCode } from '../errors.ts'
import { ENTRY } from '../places.ts'
import { printable, type Screen } from '../screen.ts'
import { filesBelow, folderYara, packYara, type RuleFile } from './inputs.ts'

export interface YaraScanOptions {
  readonly rules?: string
  readonly pack?: string
  readonly timeMs: number
  readonly sizeMib: number
  readonly json: boolean
}

interface Match {
  readonly rule: string
  readonly namespace: string
  readonly patterns: readonly { readonly identifier: string; readonly offsets: readonly number[] }[]
}
interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Lines of the agent's `yara-scan`: our own program's words, checked where they came from the lane. */
type Line =
  | { readonly kind: 'rules'; readonly files: number; readonly problems: readonly Problem[] }
  | { readonly kind: 'scanned'; readonly path: string; readonly verdict: { readonly matches: readonly Match[] } }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string }
  | { readonly kind: 'counts'; readonly scanned: number; readonly matched: number }

type Of<K extends Line['kind']> = Extract<Line, { kind: K }>

export async function yaraScan(
  paths: readonly string[],
  options: YaraScanOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const sources = await rulesOf(options)
  const found = (await Promise.all(paths.map(filesBelow))).flat()
  const sizeBytes = options.sizeMib * 1024 * 1024
  screen.step(`Scanning ${found.length} files with ${sources.length} files of rules`)
  const asked = { sources, paths: found, fileBytesMax: sizeBytes, timeMs: options.timeMs }
  const lines = await askAgent(JSON.stringify(asked), interrupted)
  const of = <K extends Line['kind']>(kind: K) => lines.filter((line): line is Of<K> => line.kind === kind)
  const [rules] = of('rules')
  const problems = rules?.problems ?? []
  for (const one of problems) screen.warn(printable(placed(one)))
  if (rules === undefined || rules.files === 0 || (options.pack !== undefined && problems.length > 0)) {
    throw new CliError('cli/refused', 'Cannot scan: the YARA rules were refused', { problems })
  }
  const matches = of('scanned').filter(({ verdict }) => verdict.matches.length > 0)
  const skipped = of('skipped')
  const [counts] = of('counts')
  if (counts === undefined && !interrupted.aborted) {
    throw new CliError('cli/service', 'Cannot scan: the agent ended before its files did')
  }
  screen.done()
  const notScanned = skipped.map(({ path, reason }) => ({ path, reason }))
  const withMatches = matches.map(({ path, verdict }) => ({ path, ...verdict }))
  screen.result({ ok: skipped.length === 0, counts, matches: withMatches, notScanned, problems }, [
    ...matches.flatMap(({ path, verdict }) => verdict.matches.map((match) => describe(path, match))),
    ...skipped.map(({ path, reason }) => `not scanned (${reason}): ${printable(path)}`),
    `${of('scanned').length} files scanned, ${matches.length} with a match, ${skipped.length} not scanned`,
  ])
  return skipped.length === 0 ? EXIT.ok : EXIT.failed
}

function rulesOf({ rules, pack }: YaraScanOptions): Promise<readonly RuleFile[]> {
  if (rules !== undefined && pack === undefined) return folderYara(rules)
  if (pack !== undefined && rules === undefined) return packYara(pack)
  throw new CliError('cli/usage', 'Cannot scan: either --rules or --pack is needed')
}

function placed({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

function describe(path: string, { rule, namespace, patterns }: Match): string {
  const where = patterns.map(({ identifier, offsets }) => `${identifier} at ${offsets.join(', ')}`).join('; ')
  return printable(`${path}: ${rule} (${namespace})${where === '' ? '' : ` ${where}`}`, 1_000)
}

/** The agent's own code runs the lane: what a person tries here is what hosts do. It ends with its standard output. */
async function askAgent(request: string, interrupted: AbortSignal): Promise<readonly Line[]> {
  const child = spawn(process.execPath, [ENTRY.agent, 'yara-scan'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const stop = () => void child.kill('SIGKILL') // the lane dies with it
  interrupted.addEventListener('abort', stop, { once: true })
  child.stdin.on('error', () => {}) // its end is seen on the other pipe
  child.stdin.end(request)
  const lines: Line[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line) as Line)
  interrupted.removeEventListener('abort', stop)
  return lines
}

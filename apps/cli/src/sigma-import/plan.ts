import {
  type CannotFire,
  canFire,
  type Diagnostic,
  RULES_MAX,
  type SensorContract,
  type SigmaRule,
} from '@firebreak/content'
import { checkReferences, type ParsedSigmaFile } from './parse.ts'

/** What an import does with each file, before anything is written. */
export interface ImportPlan {
  readonly taken: readonly ParsedSigmaFile[]
  /** Everything that can't be taken, in the order of place. */
  readonly refused: readonly Diagnostic[]
  readonly refusedFiles: number
  /** Rules without a fault in files with one. Files are copied whole or not at all. */
  readonly lostWithFile: readonly SigmaRule[]
  /** With a sensor: rules left out because nothing that it delivers can make them fire. */
  readonly leftOut: readonly { readonly rule: SigmaRule; readonly verdict: CannotFire }[]
  /** With a sensor: rules that stay although they can't fire, because their file holds one that can. */
  readonly keptWithFile: readonly SigmaRule[]
}

/** Decides about every file. `sensor` null: rules are taken wherever they can fire. */
export function planImport(
  files: readonly ParsedSigmaFile[],
  unread: readonly Diagnostic[],
  sensor: SensorContract | null,
): ImportPlan {
  const checked = withoutRepeats(files)
  const sound = checked.filter(({ diagnostics }) => diagnostics.length === 0)
  const faulty = checked.filter(({ diagnostics }) => diagnostics.length > 0)
  const choice = sensor === null ? takeAll(sound) : takeFor(sensor, sound)
  const { taken, dangling } = withoutDangling(choice.taken)
  const problems = [
    ...faulty.flatMap(({ diagnostics }) => diagnostics),
    ...dangling.flatMap(({ diagnostics }) => diagnostics),
  ]
  return {
    ...choice,
    taken,
    refused: [...unread, ...problems].toSorted(byPlace),
    refusedFiles: unread.length + faulty.length + dangling.length,
    lostWithFile: [...faulty, ...dangling].flatMap(({ rules }) => rules),
  }
}

/** Without files that refer to rules that are not taken; and then without those that refer to rules of these. */
function withoutDangling(files: readonly ParsedSigmaFile[]): Record<'taken' | 'dangling', readonly ParsedSigmaFile[]> {
  const dangling: ParsedSigmaFile[] = []
  let taken = files
  for (;;) {
    const found = Map.groupBy(checkReferences(taken), ({ at }) => at.file)
    if (found.size === 0) return { taken, dangling }
    for (const file of taken) {
      const diagnostics = found.get(file.source.file)
      if (diagnostics) dangling.push({ ...file, diagnostics })
    }
    taken = taken.filter(({ source }) => !found.has(source.file))
  }
}

/** Of rules with the same id the first one stays; a pack has each id once. */
function withoutRepeats(files: readonly ParsedSigmaFile[]): readonly ParsedSigmaFile[] {
  const seen = new Map<string, SigmaRule>()
  return files.map((file) => {
    const found: Diagnostic[] = []
    for (const rule of file.rules) {
      const first = seen.get(rule.id)
      if (first !== undefined) found.push(repeated(rule, first))
      else if (seen.size >= RULES_MAX) found.push(tooMany(rule))
      // A file that is refused anyway doesn't keep others from using its ids.
      else if (file.diagnostics.length === 0) seen.set(rule.id, rule)
    }
    return found.length === 0 ? file : { ...file, diagnostics: [...file.diagnostics, ...found] }
  })
}

function repeated({ id, at }: SigmaRule, first: SigmaRule): Diagnostic {
  const message = `Cannot use id ${id} twice: ${first.at.file}:${first.at.line} has it`
  return { code: 'content/schema', message, at }
}

function tooMany({ at }: SigmaRule): Diagnostic {
  return { code: 'content/limit', message: `Cannot take rule: a pack has at most ${RULES_MAX}`, at }
}

type Choice = Pick<ImportPlan, 'taken' | 'leftOut' | 'keptWithFile'>

const takeAll = (taken: readonly ParsedSigmaFile[]): Choice => ({ taken, leftOut: [], keptWithFile: [] })

function takeFor(sensor: SensorContract, files: readonly ParsedSigmaFile[]): Choice {
  const taken: ParsedSigmaFile[] = []
  const leftOut: ImportPlan['leftOut'][number][] = []
  const keptWithFile: SigmaRule[] = []
  for (const file of files) {
    const silent: ImportPlan['leftOut'][number][] = []
    for (const rule of file.rules) {
      const verdict = canFire(rule, sensor)
      if (!verdict.fires) silent.push({ rule, verdict })
    }
    if (file.rules.length > 0 && silent.length === file.rules.length) leftOut.push(...silent)
    else {
      taken.push(file)
      keptWithFile.push(...silent.map(({ rule }) => rule))
    }
  }
  return { taken, leftOut, keptWithFile }
}

function byPlace({ at: a }: Diagnostic, { at: b }: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}

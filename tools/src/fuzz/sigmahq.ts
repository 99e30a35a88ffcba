import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'
import type { Placeholders, RuleText } from './engines.ts'

/** Not part of this repository; used when a copy lies beside it. */
export const SHARED_DATA: string = join(import.meta.dirname, '../../../../shared/data')
export const HAS_SHARED_DATA: boolean = existsSync(SHARED_DATA)

/** What the two rules of SigmaHQ that leave a list open are given. */
export const PLACEHOLDERS: Placeholders = { known_cdcs: ['10.0.0.1', 'cdc.example.com'] }

const RULES = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']

/** Every rule file of SigmaHQ, sorted by path. */
export function sigmaHqRules(): readonly RuleText[] {
  const root = join(SHARED_DATA, 'sigma')
  const files = RULES.flatMap((folder) =>
    globSync('**/*.yml', { cwd: join(root, folder) }).map((path) => join(folder, path)),
  )
  return files.toSorted().map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
}

/** Ten thousand events of Windows, one JSON object each. */
export function windowsEvents(): readonly string[] {
  const text = gunzipSync(readFileSync(join(SHARED_DATA, 'events/windows-10k.jsonl.gz'))).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}

export interface Regression {
  readonly folder: string
  readonly rule: string
  readonly matchCountMin: number
  readonly events: readonly string[]
}

interface Info {
  readonly rule_metadata: readonly { readonly id: string }[]
  /** Absent where SigmaHQ ships no event. */
  readonly regression_tests_info?: readonly { readonly match_count?: number; readonly path: string }[] | null
}

/** SigmaHQ's own cases: events and the rule that has to match them. */
export function regressions(): readonly Regression[] {
  const root = join(SHARED_DATA, 'sigma/regression')
  return globSync('**/info.yml', { cwd: root }).flatMap((path) => {
    const folder = dirname(path)
    const info = parse(readFileSync(join(root, path), 'utf8')) as Info
    const rule = info.rule_metadata[0]?.id ?? ''
    return (info.regression_tests_info ?? []).map((one) => {
      const file = join(root, folder, basename(one.path).replace(/\.\w+$/, '.json'))
      return { folder, rule, matchCountMin: one.match_count ?? 1, events: objectsOf(readFileSync(file, 'utf8')) }
    })
  })
}

/** JSON objects one after the other: each ends where the braces that are not in a string are even. */
function objectsOf(text: string): readonly string[] {
  const objects: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gsu)) {
    if (token === '{' && depth++ === 0) start = index
    if (token === '}' && --depth === 0) objects.push(text.slice(start, index + 1))
  }
  return objects
}

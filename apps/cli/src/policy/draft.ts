import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Diagnostic, SourceNode } from '@firebreak/content'
import { errorMessage, type Json, KernelError, PPM_ALL, unreachable } from '@firebreak/kernel'
import { parseYaml } from '@firebreak/pack-folder'
import { CUSTOMER_POLICY_SIZE_BYTES_MAX, parsePolicySource, type PolicySource } from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import { placed } from '../placed.ts'
import { plural } from '../plural.ts'

/** What a person has written, and how it is laid out. */
export interface Draft {
  readonly node: SourceNode
  /** With durations, dates and shares as the numbers that they mean. */
  readonly json: Json
}

/** A draft with at least one problem is none: all of them are said at once, each with its place. */
export type JudgedDraft =
  | { readonly kind: 'good'; readonly source: PolicySource }
  | { readonly kind: 'faulty'; readonly problems: readonly Diagnostic[] }

type Path = readonly (string | number)[]

const PROBLEMS_MAX = 64
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const PPM_PER_PERCENT = PPM_ALL / 100

/** @throws CliError cli/usage | ContentError content/yaml | content/limit, with the place */
export async function readDraft(path: string): Promise<Draft> {
  const text = await readText(path)
  const node = parseYaml(text, basename(path))
  return { node, json: jsonOf(node, '') }
}

export async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length <= CUSTOMER_POLICY_SIZE_BYTES_MAX) return text
  } catch (error) {
    throw new CliError('cli/usage', `Cannot read ${path}: ${errorMessage(error)}`, { path }, error)
  }
  throw new CliError('cli/usage', `Cannot read ${path}: it has more than ${CUSTOMER_POLICY_SIZE_BYTES_MAX} characters`)
}

/** @throws CliError cli/refused; what is wrong is on standard error by then */
export function mustBeGood(path: string, judged: JudgedDraft): PolicySource {
  if (judged.kind === 'good') return judged.source
  const { problems } = judged
  for (const problem of problems) process.stderr.write(`${placed(problem)}\n`)
  throw new CliError('cli/refused', `Cannot accept ${path}: ${plural(problems.length, 'problem')}, listed above.`, {
    diagnostics: problems,
  })
}

/**
 * Says everything that is wrong with a draft: the reader stops at the first problem, so what it names is taken out, and the rest is
 * read again.
 */
export function judgeDraft({ node, json }: Draft): JudgedDraft {
  const problems: Diagnostic[] = []
  let rest = json
  while (problems.length < PROBLEMS_MAX) {
    try {
      const source = parsePolicySource(rest)
      return problems.length === 0 ? { kind: 'good', source } : { kind: 'faulty', problems: inOrder(problems) }
    } catch (error) {
      if (!(error instanceof KernelError) || error.code === 'kernel/bug') throw error
      const at = String(error.details['at'])
      problems.push({ code: 'content/schema', message: errorMessage(error), at: placeOf(node, at) })
      const next = without(rest, pathOf(at), String(error.details['expected']))
      if (next === null) break
      rest = next
    }
  }
  return { kind: 'faulty', problems: inOrder(problems) }
}

function inOrder(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  return problems.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
}

/** `policy.rules[2].settings.delayMs` as the keys that lead there. */
function pathOf(at: string): Path {
  const [, ...keys] = at.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  return keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key))
}

function placeOf(node: SourceNode, at: string): Diagnostic['at'] {
  let found = node
  for (const key of pathOf(at)) {
    const next =
      found.kind === 'sequence'
        ? found.items[Number(key)]
        : found.kind === 'mapping'
          ? found.entries.find((entry) => entry.key === key)?.value
          : undefined
    if (next === undefined) break
    found = next
  }
  return found.at
}

/** `json` without the part that is wrong, as little as possible of it; null: it can't be told apart from the rest. */
function without(json: Json, path: Path, expected: string): Json | null {
  const copy = structuredClone(json)
  const known = /^the keys (.*)$/.exec(expected)?.[1]?.split(', ')
  if (known) return keepOnly(valueAt(copy, path), known) ? copy : null
  if (expected === 'each ring once') return renameTwins(valueAt(copy, path)) ? copy : null
  const [part, at, key] = path
  if (part === 'default') return withoutSetting(copy, path, 1) ? copy : null
  if (part === 'rules' && key === 'settings' && path.length > 3) return withoutSetting(copy, path, 3) ? copy : null
  const list = valueAt(copy, path.slice(0, 1))
  const item = Array.isArray(list) && typeof at === 'number' ? (list as Json[])[at] : undefined
  if (item === undefined) return removed(copy, part) ? copy : null
  if (!isMap(item) || key === undefined) (list as Json[])[at as number] = part === 'rings' ? {} : NEUTRAL_RULE
  else if (part === 'rules') Reflect.set(item, key, valueAt(NEUTRAL_RULE, [key]))
  else if (key === 'name') Reflect.set(item, key, `faulty-${at}`)
  else Reflect.deleteProperty(item, key)
  return copy
}

/** Stand for faulty ones, so that the places of the others stay. */
const NEUTRAL_RULE: Json = { rings: '*', categories: '*', settings: {} }
const NEUTRAL_ITEMS: Readonly<Record<string, Json>> = {
  windows: { days: ['mon'], from: '00:00', to: '00:00', zone: 'UTC' },
  blackouts: { from: '1970-01-01', to: '1970-01-01', zone: 'UTC' },
}

/** @param depth - of the settings in `path` */
function withoutSetting(json: Json, path: Path, depth: number): boolean {
  const [key, at] = path.slice(depth)
  const settings = valueAt(json, path.slice(0, depth))
  const items = valueAt(settings ?? null, [key ?? ''])
  const neutral = NEUTRAL_ITEMS[String(key)]
  if (neutral === undefined || !Array.isArray(items) || typeof at !== 'number') return removed(settings, key)
  ;(items as Json[])[at] = neutral
  return true
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nameOf(ring: Json | undefined): string | null {
  const name = valueAt(ring ?? null, ['name'])
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/.test(name) ? name : null
}

function renameTwins(rings: Json | undefined): boolean {
  if (!Array.isArray(rings)) return false
  const seen = new Set<string>()
  for (const [i, ring] of rings.entries()) {
    const name = nameOf(ring as Json)
    if (name !== null && seen.has(name)) Reflect.set(ring as object, 'name', `faulty-${i}`)
    if (name !== null) seen.add(name)
  }
  return true
}

function keepOnly(value: Json | undefined, known: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const key of Object.keys(value)) if (!known.includes(key)) Reflect.deleteProperty(value, key)
  return true
}

function removed(from: Json | undefined, key: string | number | undefined): boolean {
  if (typeof from !== 'object' || from === null || key === undefined || !Object.hasOwn(from, key)) return false
  return Reflect.deleteProperty(from, key)
}

function valueAt(json: Json, path: Path): Json | undefined {
  let found: Json | undefined = json
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Readonly<Record<string | number, Json>>)[key]
  }
  return found
}

/** @param key - of the value; durations, dates and shares are known by it */
export function jsonOf(node: SourceNode, key: string): Json {
  switch (node.kind) {
    case 'mapping':
      return Object.fromEntries(node.entries.map((entry) => [entry.key, jsonOf(entry.value, entry.key)]))
    case 'sequence':
      return node.items.map((item) => jsonOf(item, key))
    case 'scalar':
      return typeof node.value === 'string' ? meant(node.value, key) : node.value
    default:
      return unreachable(node)
  }
}

/** `24h` where milliseconds are asked for, `10%` where parts per million are, a date where a moment is. Anything else is left as it is. */
function meant(text: string, key: string): Json {
  if (key === 'expiresAtMs') return momentMs(text) ?? text
  if (/Ms(Max)?$/.test(key)) return durationMs(text) ?? text
  const percent = key === 'samplePpm' ? /^(\d{1,3}(?:\.\d{1,4})?) ?%$/.exec(text)?.[1] : undefined
  return percent === undefined ? text : Math.round(Number(percent) * PPM_PER_PERCENT)
}

/** `90s`, `30m`, `24h`, `7d`, `2w`; null: no duration. */
export function durationMs(text: string): number | null {
  const [, digits, unit] = /^(\d{1,9}) ?([smhdw])$/.exec(text) ?? []
  return digits === undefined ? null : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

/** `2027-01-31` or `2027-01-31T18:00Z`; null: no moment. */
export function momentMs(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

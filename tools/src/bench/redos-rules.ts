import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { RegexFlags, SourceNode } from '@firebreak/content'
import { parseYamlDocuments } from '@firebreak/pack-folder'

export interface RegexUse {
  readonly source: string
  readonly flags: RegexFlags
}

/** A rule and the regular expressions that it has. */
export interface RegexRule {
  readonly title: string
  readonly regexes: readonly RegexUse[]
}

const PLAIN: RegexFlags = { ignoreCase: false, multiline: false, dotAll: false }
const RULE_FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']

/** All rules of SigmaHQ that have regular expressions, or null where its copy is not beside this repository. */
export function sigmaRules(folder: string): readonly RegexRule[] | null {
  if (!existsSync(folder)) return null
  return RULE_FOLDERS.map((name) => path.join(folder, name))
    .flatMap((name) => readdirSync(name, { recursive: true, encoding: 'utf8' }).map((file) => path.join(name, file)))
    .filter((file) => file.endsWith('.yml'))
    .toSorted()
    .flatMap((file) => rulesOf(readFileSync(file, 'utf8'), file))
}

function rulesOf(text: string, file: string): readonly RegexRule[] {
  if (!text.includes('|re')) return []
  return parseYamlDocuments(text, file)
    .map((node) => ({ title: titleOf(node) ?? path.basename(file), regexes: regexesOf(node) }))
    .filter(({ regexes }) => regexes.length > 0)
}

function titleOf(node: SourceNode): string | null {
  if (node.kind !== 'mapping') return null
  const title = node.entries.find(({ key }) => key === 'title')?.value
  return title?.kind === 'scalar' ? String(title.value) : null
}

function regexesOf(node: SourceNode): readonly RegexUse[] {
  switch (node.kind) {
    case 'scalar':
      return []
    case 'sequence':
      return node.items.flatMap(regexesOf)
    case 'mapping':
      return node.entries.flatMap(({ key, value }) => {
        const [, ...modifiers] = key.split('|')
        return modifiers.includes('re') ? usesOf(value, modifiers) : regexesOf(value)
      })
    default:
      throw new Error('unknown node')
  }
}

function usesOf(value: SourceNode, modifiers: readonly string[]): readonly RegexUse[] {
  const flags = {
    ignoreCase: modifiers.includes('i'),
    multiline: modifiers.includes('m'),
    dotAll: modifiers.includes('s'),
  }
  const values = value.kind === 'sequence' ? value.items : [value]
  return values.flatMap((one) => (one.kind === 'scalar' ? [{ source: String(one.value), flags }] : []))
}

/** Of the shapes that SigmaHQ has: quartic, counted, long counted, chains of `.*`, alternatives, optional marks. */
export function syntheticRules(): readonly RegexRule[] {
  return [
    ['quartic', '(?i)echo.*pipe.*&&.*(Paste|p`?a`?s`?t`?e)'],
    ['cubic', 'run.{0,5}(?:/c|/r).+shell.+(?:\\$\\{?in\\}?|stay).+"'],
    ['long', '.{1000,}', '(.){200,}'],
    ['window', '(Get-One|go).{1,64}-Path.{1,64}\\\\(first|second)', '(Copy|cp) .{2,128} -To .{1,32}\\\\System'],
    ['chain', '\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+', '\\{.*\\{.*\\{.*\\{.*\\{.*\\{'],
    ['pairs', '-(W|R)\\s?(\\s|"|\')([0-9a-fA-F]{2}\\s?){2,20}(\\s|"|\')'],
    ['address', 'https?://(?:(?:25[0-5]|(?:2[0-4]|1\\d|[1-9])?\\d)(?:\\.|\\b)){4}'],
    ['path', '(?:[Pp]rogram|%[Tt]emp%)\\\\[^\\\\]{1,256}$', '\\\\[a-zA-Z]{8}\\.tmp$'],
    ['words', '\\w+`(?:\\w+|-|.)`[\\w+|\\s]', '"(?:\\{\\d\\})+"\\s*-f'],
    ['plain', '\\s-[FTd]\\s', '(^|\\/)\\.[^.\\/]'],
  ].map(([title = '', ...sources]) => ({ title, regexes: sources.map((source) => ({ source, flags: PLAIN })) }))
}

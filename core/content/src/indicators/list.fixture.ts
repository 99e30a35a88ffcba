import { assert } from '@firebreak/kernel'
import { Problems } from '../problems.ts'
import { buildIndicatorTables } from './build.ts'
import { IndicatorList } from './list.ts'
import { parseIndicatorFile } from './parse.ts'
import { writeIndicatorSection } from './section.ts'
import type { IndicatorType } from './types.ts'

export const MD5 = 'd41d8cd98f00b204e9800998ecf8427e'
export const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
export const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** What a file has, and its problems as `file:line:column code`. */
export function parse(
  file: string,
  text: string,
): { readonly list: IndicatorList; readonly problems: readonly string[] } {
  const list = new IndicatorList()
  const problems = new Problems()
  parseIndicatorFile(file, text, list, problems)
  const shown = problems.list().map(({ code, at }) => `${at.file}:${at.line}:${at.column} ${code}`)
  return { list, problems: shown }
}

/** The same indicators, given one by one: what every format has to amount to. */
export function sectionOf(rows: readonly (readonly [IndicatorType, string, string?])[]): Uint32Array {
  const list = new IndicatorList()
  for (const [type, value, description = ''] of rows)
    assert(list.add(type, value, description) === null, `a good ${type}: ${value}`)
  return writeIndicatorSection(buildIndicatorTables(list))
}

/** A file's problems, and the section that it becomes. */
export function compiled(
  file: string,
  text: string,
): { readonly problems: readonly string[]; readonly section: Uint32Array } {
  const { list, problems } = parse(file, text)
  return { problems, section: writeIndicatorSection(buildIndicatorTables(list)) }
}

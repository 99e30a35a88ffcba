import { type ImageTables, OPERATORS, parseGlob, PREDICATE_WORDS } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { type Glob, matchesGlob, prepareGlob } from './glob.ts'
import { createRegexMachine } from './regex-machine.ts'
import { item, trap, word } from './trap.ts'

/** A field's value in the two forms that predicates read. */
export interface FieldText {
  readonly text: string
  readonly folded: string
}

/** Tests one field; null is absent or null. */
export type Test = (value: FieldText | null) => boolean

/** A predicate, ready to run. */
export interface PreparedPredicate {
  /** In the fields of the image. */
  readonly field: number
  readonly test: Test
}

/** Trusts no table: every index is checked. @throws DetectError detect/trap */
export function preparePredicates(tables: ImageTables): readonly PreparedPredicate[] {
  const machines = tables.regexes.map((program) => createRegexMachine(program))
  const prepared: PreparedPredicate[] = []
  for (let at = 0; at < tables.predicates.length; at += PREDICATE_WORDS) {
    const field = word(tables.predicates, at + 1, 'predicates')
    const first = word(tables.predicates, at + 2, 'predicates')
    const count = word(tables.predicates, at + 3, 'predicates')
    if (first + count > tables.values.length) throw trap('values', first + count)
    prepared.push({ field, test: prepare(tables, at, tables.values.subarray(first, first + count), machines) })
  }
  return prepared
}

function prepare(tables: ImageTables, at: number, values: Uint32Array, machines: readonly RegexMachine[]): Test {
  const operator = item(OPERATORS, word(tables.predicates, at, 'predicates'), 'operators')
  const texts = (): readonly string[] => Array.from(values, (id) => item(tables.strings, id, 'strings'))
  switch (operator) {
    case 'equals':
      return testEquals(texts())
    case 'contains':
      return testText(texts(), (folded, text) => folded.includes(text))
    case 'starts-with':
      return testText(texts(), (folded, text) => folded.startsWith(text))
    case 'ends-with':
      return testText(texts(), (folded, text) => folded.endsWith(text))
    case 'glob':
      return testGlobs(texts().map(readGlob))
    case 'regex':
      return testRegexes(Array.from(values, (id) => item(machines, id, 'regexes')))
    case 'is-null':
      return (value) => value === null
    default:
      return unreachable(operator)
  }
}

type RegexMachine = ReturnType<typeof createRegexMachine>

function testEquals(texts: readonly string[]): Test {
  const wanted = new Set(texts)
  return (value) => value !== null && wanted.has(value.folded)
}

function testText(texts: readonly string[], matches: (folded: string, text: string) => boolean): Test {
  return (value) => {
    if (value === null) return false
    for (const text of texts) if (matches(value.folded, text)) return true
    return false
  }
}

function testGlobs(globs: readonly Glob[]): Test {
  return (value) => value !== null && globs.some((glob) => matchesGlob(glob, value.folded))
}

function testRegexes(machines: readonly RegexMachine[]): Test {
  return (value) => value !== null && machines.some((machine) => machine.matches(value.text))
}

function readGlob(source: string): Glob {
  const parts = parseGlob(source)
  if (parts === null) throw trap('globs', 0)
  return prepareGlob(parts)
}

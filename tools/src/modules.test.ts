import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseModules, type SourceModule } from './modules.ts'

/** One call for all rows: each call starts a parser process. */
function parseAll(texts: readonly string[]): readonly SourceModule[] {
  return parseModules(new Map(texts.map((text, i) => [`${i}.tsx`, text])))
}

const IMPORTS: readonly (readonly [text: string, ...expected: readonly string[]])[] = [
  ["import 'a'", 'value a'],
  ["import a from 'a'", 'value a'],
  ["import a, { b } from 'a'", 'value a'],
  ["import * as a from 'a'", 'value a'],
  ["import type a from 'a'", 'type a'],
  ["import type { a } from 'a'", 'type a'],
  ["import { type a } from 'a'", 'value a'], // Node erases the name, and loads the module
  ["import {} from 'a'", 'value a'],
  ["export { a } from 'a'", 'value a'],
  ["export * from 'a'", 'value a'],
  ["export * as b from 'a'", 'value a'],
  ["export type { a } from 'a'", 'type a'],
  ["export type * from 'a'", 'type a'],
  ["type B = import('a').C", 'type a'],
  ["type B = typeof import('a')", 'type a'],
  ["const b = await import('a')", 'dynamic a'],
  ['const b = await import(`a`)', 'dynamic a'],
  ["import(\n  'a')", 'dynamic a'],
  ["const t = `${await import('a')} import 'b'`", 'dynamic a'],
  ['const n = 1\nimport(n)', 'dynamic null'],
  ["import('a' + 'b')", 'dynamic null'],
  ['const b = 1\nimport(`a${b}`)', 'dynamic null'],
  ["// import 'a'"],
  ["/* import 'a' */ const b = 1"],
  ['const b = "import \'a\'"'],
  ["const b = `import 'a'`"],
  ["const b = /import 'a'/"],
  ["const b = 4 / 2 /* import 'a' */ / 1"],
  ['const from = 1, type = 2\nexport { from, type }'],
  ['const b = import.meta.url'],
]

test('imports are found in code, and nowhere else', () => {
  for (const [i, module] of parseAll(IMPORTS.map(([text]) => text)).entries()) {
    const [text, ...expected] = IMPORTS[i] ?? ['']
    const found = module.imports.map(({ kind, specifier }) => `${kind} ${specifier}`)
    assert.deepEqual(found, expected, text)
  }
})

test('a page with an apostrophe in its text hides no import', () => {
  const text = "import a from 'a'\nexport const b = <p title='x'>don't {import('c')} it's</p>\nimport d from 'd'\n"
  const found = parseAll([text])[0]?.imports.map(({ specifier, line }) => `${line} ${specifier}`)
  assert.deepEqual(found?.toSorted(), ['1 a', '2 c', '3 d'])
})

const NAMES: readonly (readonly [text: string, globals: readonly string[], properties: readonly string[]])[] = [
  ['Date.now()', ['Date'], ['now']],
  ['const t: Date = a', ['Date', 'a'], []],
  ['a.Date.b', ['a'], ['Date', 'b']],
  ['const a = { Date: 1 }', [], ['Date']],
  ['const a = { Date }', ['Date'], []],
  ['interface A { process(): void; Buffer: number }', [], ['process', 'Buffer']],
  ['class A { fetch = fetch; process() {} }', ['fetch'], ['fetch', 'process']],
  ['function a(fetch: () => void) { fetch() }', [], []],
  ['function a(fetch: () => void) { fetch() }\nfetch()', ['fetch'], []],
  ["import { Date } from 'a'\nDate.now()", [], ['now']],
  ["import type { Date } from 'a'\nlet b: Date", [], []],
  ["import { Date as a } from 'a'\nDate.now()", ['Date'], ['Date', 'now']],
  ['const { process } = a\nprocess()', ['a'], []],
  ['const { process: b } = a\nprocess()', ['a', 'process'], ['process']],
  ['typeof process', ['process'], []],
  ['for (const process of a) process()', ['a'], []],
  ['type A = typeof Date', ['Date'], []],
  ['const Date = 1\nexport const a = { Date }', [], []],
  ["a['Date']", ['a'], []],
  ['// Date', [], []],
  ["'Date'", [], []],
  ['const a = `${Date}`', ['Date'], []],
]

test('globals are told from names of its own and from properties', () => {
  for (const [i, module] of parseAll(NAMES.map(([text]) => text)).entries()) {
    const [text, globals, properties] = NAMES[i] ?? ['', [], []]
    const found = [module.globals, module.properties].map((list) => list.map(({ name }) => name))
    assert.deepEqual(found, [globals, properties], text)
  }
})

test('lines are counted as an editor does', () => {
  const found = parseAll(['const a = 1', 'const a = 1\n', 'const a = 1\n\n// b']).map(({ lines }) => lines)
  assert.deepEqual(found, [1, 1, 3])
})

test('a file that does not parse is refused by name', () => {
  const files = new Map([['folder/broken.ts', 'const = 1']])
  assert.throws(() => parseModules(files), /^Error: Cannot read folder\/broken.ts: /)
})

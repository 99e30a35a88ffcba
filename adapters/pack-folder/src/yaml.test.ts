import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError, type SourceNode } from '@firebreak/content'
import * as fc from 'fast-check'
import { parseYaml, parseYamlDocuments, YAML_CHARS_MAX } from './yaml.ts'

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

function plain(node: SourceNode): Plain {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((one) => [one.key, plain(one.value)]))
}

test('values keep their types, in the core schema', () => {
  const text =
    'a: 1\nb: "1"\nc: ~\nd:\ne: ""\nf: true\ng: yes\nh: 2024-01-02\ni: [x, {y: z}]\nj: 0x17\nk: |\n  two\n  lines\n'
  assert.deepEqual(plain(parseYaml(text, 'f')), {
    a: 1,
    b: '1',
    c: null,
    d: null,
    e: '',
    f: true,
    g: 'yes',
    h: '2024-01-02',
    i: ['x', { y: 'z' }],
    j: 23,
    k: 'two\nlines\n',
  })
})

test('every node knows its line and column', () => {
  const node = parseYaml('title: x\ndetection:\n  sel:\n    - Image: y\n', 'rules/a.yml')
  assert.ok(node.kind === 'mapping')
  const detection = node.entries[1]
  assert.deepEqual(detection?.keyAt, { file: 'rules/a.yml', line: 2, column: 1 })
  const sel = detection?.value.kind === 'mapping' ? detection.value.entries[0]?.value : undefined
  const item = sel?.kind === 'sequence' ? sel.items[0] : undefined
  const image = item?.kind === 'mapping' ? item.entries[0] : undefined
  assert.deepEqual(image?.keyAt, { file: 'rules/a.yml', line: 4, column: 7 })
  assert.deepEqual(image?.value.at, { file: 'rules/a.yml', line: 4, column: 14 })
})

test('what is not one plain document is refused with its place', () => {
  const bomb = `a: &a [x,x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*a,*a]`).join('\n')}\n`
  const rows: readonly (readonly [what: string, text: string, code: string, line: number])[] = [
    ['empty', '', 'content/yaml', 1],
    ['only a comment', '# nothing\n', 'content/yaml', 1],
    ['open bracket', 'a: 1\nb: [1, 2\n', 'content/yaml', 3],
    ['bad indentation', 'a:\n  b: 1\n c: 2\n', 'content/yaml', 3],
    ['tab', 'a:\n\tb: 1\n', 'content/yaml', 2],
    ['duplicate key', 'a: 1\nb: 2\na: 3\n', 'content/yaml', 3],
    ['two documents', 'a: 1\n---\nb: 2\n', 'content/yaml', 3],
    ['alias', 'a: &x 1\nb: *x\n', 'content/yaml', 2],
    ['alias bomb', bomb, 'content/yaml', 2],
    ['unknown tag', 'a: !secret x\n', 'content/yaml', 1],
    ['binary tag', 'a: !!binary aGk=\n', 'content/yaml', 1],
    ['key that is a list', '[a]: 1\n', 'content/yaml', 1],
    ['key that is a number', '1: a\n', 'content/yaml', 1],
    ['deep', `${'['.repeat(40)}${']'.repeat(40)}`, 'content/limit', 1],
    ['very deep', '['.repeat(50_000), 'content/limit', 1],
    ['long', 'a'.repeat(YAML_CHARS_MAX + 1), 'content/limit', 1],
  ]
  for (const [what, text, code, line] of rows) {
    assert.throws(
      () => parseYaml(text, 'f.yml'),
      (error) => {
        assert.ok(error instanceof ContentError, what)
        assert.deepEqual(
          [error.code, error.at?.line, error.at?.file],
          [code, line, 'f.yml'],
          `${what}: ${error.message}`,
        )
        return true
      },
    )
  }
})

test('any text is read or refused', () => {
  const unit = fc.constantFrom(
    'a',
    ':',
    ' ',
    '-',
    '\n',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '!',
    '"',
    "'",
    '|',
    '#',
    '?',
    '%',
    '\0',
  )
  const readOrRefused = (text: string): void => {
    try {
      parseYaml(text, 'f')
    } catch (error) {
      if (!(error instanceof ContentError)) throw error
    }
  }
  fc.assert(fc.property(fc.string({ unit, maxLength: 40 }), readOrRefused), { numRuns: 2_000 })
})

test('a file may have several documents; empty ones are left out', () => {
  const rows: readonly (readonly [text: string, documents: readonly Plain[]])[] = [
    ['', []],
    ['# nothing\n', []],
    ['---\n---\n', []],
    ['a: 1\n', [{ a: 1 }]],
    ['---\na: 1\n---\n', [{ a: 1 }]],
    ['a: 1\n---\nb: 2\n...\n---\nc\n', [{ a: 1 }, { b: 2 }, 'c']],
    ['null\n---\n~\n', [null, null]],
  ]
  for (const [text, documents] of rows) assert.deepEqual(parseYamlDocuments(text, 'f').map(plain), documents, text)
})

test('every document knows its place in the file, and one that is broken has one', () => {
  const [, second] = parseYamlDocuments('a: 1\n---\nb:\n  c: 2\n', 'f.yml')
  assert.ok(second?.kind === 'mapping')
  assert.deepEqual(second.entries[0]?.keyAt, { file: 'f.yml', line: 3, column: 1 })
  const rows: readonly (readonly [what: string, text: string, code: string, line: number])[] = [
    ['duplicate key in the second', 'a: 1\n---\nb: 1\nb: 2\n', 'content/yaml', 4],
    ['alias of the first in the second', 'a: &x 1\n---\nb: *x\n', 'content/yaml', 3],
    ['too many', '---\na\n'.repeat(1_001), 'content/limit', 2_001],
    ['long', 'a'.repeat(YAML_CHARS_MAX + 1), 'content/limit', 1],
  ]
  for (const [what, text, code, line] of rows) {
    const refused = (error: unknown): boolean =>
      error instanceof ContentError && error.code === code && error.at?.line === line
    assert.throws(() => parseYamlDocuments(text, 'f.yml'), refused, what)
  }
})

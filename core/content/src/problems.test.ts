import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from './errors.ts'
import { DIAGNOSTICS_MAX, PLACEHOLDER_VALUES_MAX, PLACEHOLDERS_MAX, VALUE_CHARS_MAX } from './limits.ts'
import { parsePlaceholders } from './placeholders.ts'
import { describe, entry, Problems } from './problems.ts'
import { toSourceNode } from './source.ts'

type Plain = Parameters<typeof toSourceNode>[0]
const node = (value: Plain) => toSourceNode(value, 'f')
const at = (file: string, line: number, column: number) => ({ file, line, column })
const codes = (problems: Problems) => problems.list().map(({ code }) => code)

test('problems come in the order of file, line and column', () => {
  const problems = new Problems()
  const places = [at('b', 1, 1), at('a', 10, 1), at('a', 2, 9), at('a', 2, 10), at('a', 2, 1), at('c', 1, 1)]
  for (const place of places) assert.equal(problems.add('content/schema', 'x', place), null)
  assert.deepEqual(
    problems.list().map((one) => `${one.at.file}${one.at.line}:${one.at.column}`),
    ['a2:1', 'a2:9', 'a2:10', 'a10:1', 'b1:1', 'c1:1'],
  )
  assert.equal(problems.total, 6)
})

test('what is beyond the limit is counted', () => {
  const problems = new Problems()
  assert.deepEqual(problems.list(), [])
  for (let i = 1; i <= DIAGNOSTICS_MAX; i++) problems.add('content/yaml', 'x', at('f', i, 2))
  assert.equal(problems.list().length, DIAGNOSTICS_MAX)
  problems.add('content/yaml', 'x', at('f', 1, 1))
  const all = problems.list()
  assert.equal(all.length, DIAGNOSTICS_MAX + 1)
  assert.deepEqual(all.at(-1)?.at, at('f', DIAGNOSTICS_MAX, 2))
  assert.match(all.at(-1)?.message ?? '', /: 1 more problems$/)
  assert.deepEqual([all.at(-1)?.code, problems.total], ['content/limit', DIAGNOSTICS_MAX + 1])
})

test('an error of content becomes a problem at its own place, any other goes on', () => {
  const problems = new Problems()
  const fail = (error: Error) => () => {
    throw error
  }
  assert.equal(
    problems.attempt(at('f', 1, 1), () => 7),
    7,
  )
  assert.equal(problems.attempt(at('f', 2, 1), fail(new ContentError('content/regex-syntax', 'x'))), null)
  assert.equal(problems.attempt(at('f', 1, 1), fail(new ContentError('content/limit', 'x', at('g', 3, 4)))), null)
  assert.throws(() => problems.attempt(at('f', 1, 1), fail(new RangeError('x'))), RangeError)
  assert.deepEqual(
    problems.list().map((one) => [one.code, one.at]),
    [
      ['content/regex-syntax', at('f', 2, 1)],
      ['content/limit', at('g', 3, 4)],
    ],
  )
})

test('text is text, well-formed, and as long as it may be', () => {
  const rows: readonly (readonly [Plain, string | null, readonly string[]])[] = [
    ['abc', 'abc', []],
    ['', '', []],
    ['abcd', null, ['content/limit']],
    ['\ud800', null, ['content/schema']],
    [7, null, ['content/schema']],
    [['abc'], null, ['content/schema']],
    [{ a: 'b' }, null, ['content/schema']],
  ]
  for (const [value, text, expected] of rows) {
    const problems = new Problems()
    assert.equal(problems.text(node(value), 'x', 3), text)
    assert.deepEqual(codes(problems), expected)
  }
})

test('an error says where it is, to whoever reads its details', () => {
  const place = at('f', 3, 4)
  const error = new ContentError('content/schema', 'x', place, { offset: 8 })
  assert.deepEqual([error.at, error.details], [place, { offset: 8, at: place }])
  assert.deepEqual(new ContentError('content/schema', 'x').details, {})
})

test('texts are one or a list, and no more than they may be', () => {
  const rows: readonly (readonly [Plain, readonly string[], readonly string[]])[] = [
    ['a', ['a'], []],
    [['a', 'b'], ['a', 'b'], []],
    [[], [], []],
    [['a', 7, 'c'].slice(0, 2), ['a'], ['content/schema']],
    [['a', 'b', 'c'], [], ['content/limit']],
  ]
  for (const [value, texts, expected] of rows) {
    const problems = new Problems()
    assert.deepEqual(problems.texts(node(value), 'x', 2, 3), texts)
    assert.deepEqual(codes(problems), expected)
  }
})

test('a node is told apart from any other, and a key found by its name', () => {
  const told = [['a'], { a: 1 }, 'a', null, 7, true].map((value) => describe(node(value)))
  assert.deepEqual(told, ['a list', 'a map', 'text "a"', 'nothing (null)', 'number 7', 'boolean true'])
  assert.equal(describe(node('x'.repeat(90))), `text "${'x'.repeat(60)}"`)
  const map = new Problems().mapping(node({ a: 1, b: 2 }), 'x')
  assert.ok(map)
  assert.deepEqual([entry(map, 'b'), entry(map, 'c')], [node(2), null])
})

test('placeholders are names with texts', () => {
  const read = (value: Plain) => {
    const problems = new Problems()
    return [Object.fromEntries(parsePlaceholders(node(value), problems)), codes(problems)]
  }
  const many = (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`p${i}`, 'x']))
  const values = (length: number) => Array.from({ length }, () => 'x')
  assert.deepEqual(read({ a: 'x', b: ['y', 'z'], c: [] }), [{ a: ['x'], b: ['y', 'z'] }, []])
  assert.deepEqual(read({ a: [7], b: 'y' }), [{ b: ['y'] }, ['content/schema']])
  assert.deepEqual(read(['a']), [{}, ['content/schema']])
  assert.deepEqual(read(many(PLACEHOLDERS_MAX))[1], [])
  assert.deepEqual(read(many(PLACEHOLDERS_MAX + 1)), [{}, ['content/limit']])
  assert.deepEqual(read({ a: values(PLACEHOLDER_VALUES_MAX) })[1], [])
  assert.deepEqual(read({ a: values(PLACEHOLDER_VALUES_MAX + 1) }), [{}, ['content/limit']])
  assert.deepEqual(read({ a: 'x'.repeat(VALUE_CHARS_MAX + 1) }), [{}, ['content/limit']])
})

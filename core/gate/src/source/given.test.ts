import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePack, toSourceNode } from '@firebreak/content'
import type { PlainMap } from '../gate-fixture.ts'
import { attackName } from './attack.ts'
import { sourceFindings } from './check-source.ts'
import { cleanRule, readDocuments, sourceOfDocuments } from './source-fixture.ts'

const found = (change: PlainMap) => readDocuments([{ ...cleanRule(1), ...change }]).findings

test('a key with nothing behind it is as if it were not there', () => {
  const codes = (change: PlainMap): readonly string[] => found(change).map(({ code }) => code)
  for (const key of ['description', 'date', 'status']) {
    assert.deepEqual(codes({ [key]: null }), [`gate/source-${key}-missing`])
  }
  assert.deepEqual(codes({ references: null, author: null, modified: null }), [])
})

test('what is no text in a list of texts is not judged as one', () => {
  for (const references of [
    [7, 7],
    [true, true],
    [null, null],
    [{ a: 'x' }, { a: 'x' }],
  ]) {
    assert.deepEqual(
      found({ references }).map(({ code }) => code),
      ['gate/source-metadata-malformed'],
    )
  }
})

test('titles that differ in case and in the space around them are the same, others are not', () => {
  const codes = (one: string, other: string): readonly string[] =>
    readDocuments([cleanRule(1, { title: one }), cleanRule(2, { title: other })]).findings.map(({ code }) => code)
  assert.deepEqual(codes('Hello to all hosts', ' hello TO all hosts '), ['gate/source-title-duplicate'])
  assert.deepEqual(codes('Gruß an alle Rechner', 'Gruss an alle Rechner'), [])
})

test('a finding says what is wrong and where, with the remedy of its rule', () => {
  const [one] = found({ logsource: { category: 'process_creation', product: 'linux', elsewhere: 'x' } })
  assert.deepEqual(
    [one?.code, one?.message, one?.at, one?.fix, one?.edit],
    [
      'gate/source-logsource-attribute',
      'A log source has no attribute "elsewhere".',
      { file: 'rules/document-0.yml', line: 1, column: 1 },
      'Use category, product, service or definition, and say other things outside of logsource.',
      null,
    ],
  )
})

test('a file that has the name of another is told by its first document', () => {
  const source = sourceOfDocuments([cleanRule(1), cleanRule(2)], ['a/rules-of-one-name.yml', 'b/rules-of-one-name.yml'])
  const rules = source.rules.map(({ file, nodes }) => ({
    file,
    nodes: [...nodes, toSourceNode(cleanRule(file.startsWith('a') ? 3 : 4), file)].map((node, i) => ({
      ...node,
      at: { ...node.at, line: 10 * i + 1 },
    })),
  }))
  const twice = { ...source, rules }
  const same = sourceFindings(twice, parsePack(twice)).filter(({ message }) => message.includes('has the same name'))
  assert.deepEqual(
    same.map(({ at }) => [at.file, at.line]),
    [['b/rules-of-one-name.yml', 1]],
  )
})

test('names of ATT&CK are known, unknown or taken back', () => {
  assert.deepEqual(attackName('execution'), { kind: 'known' })
  assert.deepEqual(attackName('g0001'), { kind: 'known' })
  assert.deepEqual(attackName('t1059.004'), { kind: 'known' })
  assert.deepEqual(attackName('t1562'), { kind: 'retired', successor: 't1685' })
  assert.deepEqual(attackName('executing'), { kind: 'unknown' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plain } from '../gate-fixture.ts'
import { placeOf, quoted, type SigmaDocument, sourceContext } from './document.ts'
import { cleanCorrelation, cleanFilter, cleanRule, detecting, readDocuments } from './source-fixture.ts'

function documentsOf(...documents: readonly Plain[]): readonly SigmaDocument[] {
  const { source, pack } = readDocuments(documents)
  assert.deepEqual(pack.diagnostics, [])
  return sourceContext(source, pack).documents
}

function itemsOf(selection: Plain): readonly unknown[] {
  return documentsOf(detecting(1, selection)).flatMap(({ items }) =>
    items.map(({ field, modifiers, key, values }) => [field, modifiers, key, values.map(({ value }) => value)]),
  )
}

test('the items of a selection, in each of its forms', () => {
  const a = ['a', ['contains', 'all'], 'a|contains|all', ['x', 'y']]
  assert.deepEqual(itemsOf({ 'a|contains|all': ['x', 'y'], b: 1, c: null }), [
    a,
    ['b', [], 'b', [1]],
    ['c', [], 'c', [null]],
  ])
  assert.deepEqual(itemsOf([{ 'a|contains|all': ['x', 'y'] }, { b: 1 }]), [a, ['b', [], 'b', [1]]])
  assert.deepEqual(itemsOf(['x', 2]), [[null, [], '', ['x', 2]]])
  assert.deepEqual(itemsOf('x'), [[null, [], '', ['x']]])
  assert.deepEqual(itemsOf(['x', { b: 1 }]), [
    [null, [], '', ['x']],
    ['b', [], 'b', [1]],
  ])
  assert.deepEqual(itemsOf({ '|contains': 'x' }), [[null, ['contains'], '|contains', ['x']]])
})

test('each kind of document has its own selections and conditions', () => {
  const documents = documentsOf(cleanRule(1), cleanCorrelation(), cleanFilter())
  assert.deepEqual(
    documents.map(({ kind, id, selections, conditions, items, tags }) => ({
      kind,
      id: id?.slice(-3),
      selections: selections.map(({ key }) => key),
      conditions: conditions.map(({ text }) => text),
      items: items.length,
      tags: tags.map(({ text }) => text),
    })),
    [
      {
        kind: 'rule',
        id: '001',
        selections: ['selection'],
        conditions: ['selection'],
        items: 1,
        tags: ['attack.execution', 'attack.t1059.004'],
      },
      {
        kind: 'correlation',
        id: '100',
        selections: [],
        conditions: [],
        items: 0,
        tags: ['attack.execution', 'attack.t1059.004'],
      },
      { kind: 'filter', id: '200', selections: ['selection'], conditions: ['not selection'], items: 1, tags: [] },
    ],
  )
})

test('several conditions are all of the document, and ids are in lower case', () => {
  const detection = { a: { User: 'x' }, b: { User: 'y' }, condition: ['a', 'b'] }
  const id = 'ABCDEF00-0000-4000-8000-000000000001'
  const [document] = documentsOf(cleanRule(1, { id, detection }))
  assert.deepEqual(
    document?.conditions.map(({ text }) => text),
    ['a', 'b'],
  )
  assert.equal(document?.id, id.toLowerCase())
})

test('what is no document is none', () => {
  const { source, pack } = readDocuments(['text', ['list'], { title: 'No part that says what it is' }])
  assert.deepEqual(sourceContext(source, { ...pack, diagnostics: [] }).documents, [])
})

test('only texts that are unusual are kept, with what they are', () => {
  const [document] = documentsOf(
    cleanRule(1, {
      title: 'Größe',
      falsepositives: ['naïve', 'plain\ttext\n'],
      own: { schlüssel: 1, list: ['é'] },
      detection: { wähle: { Féld: ['wért', 3] }, condition: 'wähle' },
    }),
  )
  assert.deepEqual(
    document?.unusualTexts.map(({ role, text }) => `${role} ${text}`),
    ['prose Größe', 'name wähle', 'name Féld', 'value wért', 'name wähle', 'prose naïve', 'name schlüssel', 'prose é'],
  )
  const [filter] = documentsOf(cleanFilter({ filter: { rules: 'any', ä: { a: 'ö' }, condition: 'ä' } }))
  assert.deepEqual(
    filter?.unusualTexts.map(({ role, text }) => `${role} ${text}`),
    ['name ä', 'value ö', 'name ä'],
  )
})

test('places and quotes in messages', () => {
  assert.equal(placeOf({ file: 'a.yml', line: 3, column: 9 }), 'a.yml:3')
  assert.equal(quoted('a"b'), String.raw`"a\"b"`)
  assert.equal(quoted('x'.repeat(60)), `"${'x'.repeat(60)}"`)
  assert.equal(quoted('x'.repeat(61)), `"${'x'.repeat(60)}…"`)
})

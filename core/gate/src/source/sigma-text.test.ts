import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPieces } from './sigma-text.ts'

test('the pieces of a Sigma string', () => {
  const rows: readonly (readonly [source: string, pieces: string])[] = [
    ['', ''],
    ['abc', 'text'],
    ['*', 'any'],
    ['a*b?c', 'text any text one text'],
    ['**', 'any any'],
    [String.raw`\*\?`, 'text'],
    [String.raw`a\\*`, 'text any'],
    [String.raw`a\\\*`, 'text'],
    [String.raw`a\b*`, 'text any'],
    [String.raw`*\ `, 'any text'],
    ['a\nb*', 'text any'],
    ['*\ud83d\ude00*', 'any text any'],
  ]
  for (const [source, pieces] of rows) assert.equal(readPieces(source).join(' '), pieces, source)
})

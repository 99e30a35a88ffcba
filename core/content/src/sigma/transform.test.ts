import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Transform } from './modifiers.ts'
import { DASHES, formatGlob, parseSigmaText } from './text-pattern.ts'
import { transformText } from './transform.ts'

function transform(source: string, transforms: readonly Transform[]): readonly string[] {
  return transformText(source, transforms, new Map()).map(formatGlob)
}

test('a dash that begins a switch is any of the five', () => {
  const rows: readonly (readonly [source: string, glob: string])[] = [
    ['-a', '\\-a'],
    [' /accepteula', ' \\-accepteula'],
    ['\u2015x', '\\-x'],
    ['a -b /c', 'a \\-b \\-c'],
    ['a-b', 'a-b'],
    ['c:/x', 'c:\\-x'],
    ['x/y', 'x/y'],
    ['--flag', '-\\-flag'],
    [' - ', ' - '],
    ['a -', 'a -'],
    ['-?', '-?'],
    ['*-a', '*\\-a'],
    ['-*', '-*'],
    ['"-x"', '"\\-x"'],
    ['-\u00e4', '\\-\u00e4'],
    ['\u00e4-b', '\u00e4-b'],
    ['_-b', '_-b'],
    ['', ''],
  ]
  for (const [source, glob] of rows) assert.deepEqual(transform(source, ['windash']), [glob], source)
})

test('encodings', () => {
  const rows: readonly (readonly [source: string, transforms: readonly Transform[], texts: readonly string[]])[] = [
    ['', ['base64'], ['']],
    ['f', ['base64'], ['Zg==']],
    ['fo', ['base64'], ['Zm8=']],
    ['foobar', ['base64'], ['Zm9vYmFy']],
    ['\u00fc', ['base64'], ['w7w=']],
    ['a\\*b', ['base64'], ['YSpi']],
    ['cmd', ['utf16le'], ['c\0m\0d\0']],
    ['cmd', ['utf16be'], ['\0c\0m\0d']],
    ['cmd', ['utf16'], ['\u00ff\u00fec\0m\0d\0']],
    ['\u20ac', ['utf16le'], ['\u00ac\u0020']],
    ['\u{1f600}', ['utf16be'], ['\u00d8\u003d\u00de\0']],
    ['cmd', ['utf16le', 'base64'], ['YwBtAGQA']],
    ['cmd', ['utf16', 'base64'], ['//5jAG0AZAA=']],
    ['foo', ['base64offset'], ['Zm9v', 'Zvb', 'mb2']],
    ['/bin/bash', ['base64offset'], ['L2Jpbi9iYXNo', '9iaW4vYmFza', 'vYmluL2Jhc2']],
    ['-a', ['windash', 'base64'], DASHES.map((dash) => Buffer.from(`${dash}a`).toString('base64'))],
  ]
  for (const [source, transforms, texts] of rows) assert.deepEqual(transform(source, transforms), texts, source)
})

test('what can not be encoded is refused', () => {
  const rows: readonly (readonly [source: string, transforms: readonly Transform[], message: RegExp])[] = [
    ['a*', ['base64'], /base64: the value has a wildcard/],
    ['a?', ['base64offset'], /has a wildcard/],
    ['a?', ['utf16le'], /utf16le: the value has a wildcard/],
    ['a', ['base64offset'], /too short/],
    ['', ['base64offset'], /too short/],
  ]
  for (const [source, transforms, message] of rows) {
    assert.throws(() => transform(source, transforms), { code: 'content/modifier', message }, source)
  }
})

const text = fc.string({ unit: 'binary', minLength: 2, maxLength: 40 }).filter((one) => !/[\\*?]/.test(one))

test('base64 is what Node makes of the same bytes', () => {
  fc.assert(
    fc.property(text, (source) => {
      assert.deepEqual(transform(source, ['base64']), [Buffer.from(source).toString('base64')])
      const wide = Buffer.from(source, 'utf16le').toString('base64')
      assert.deepEqual(transform(source, ['utf16le', 'base64']), [wide])
    }),
  )
})

test('a text is found by base64offset wherever it is in what was encoded', () => {
  const bytes = fc.uint8Array({ maxLength: 12 })
  fc.assert(
    fc.property(text, bytes, bytes, (source, before, after) => {
      const encoded = Buffer.concat([before, Buffer.from(source), after]).toString('base64')
      const pieces = transform(source, ['base64offset'])
      assert.ok(encoded.includes(pieces[before.length % 3] as string))
    }),
  )
})

test('a text without a switch and without encoding stays as it is', () => {
  fc.assert(
    fc.property(fc.string(), (source) => assert.deepEqual(transform(source, []), [formatGlob(parseSigmaText(source))])),
  )
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes, foldCase, KernelError, utf8Decode, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { EventColumns } from './event-columns.ts'
import { FieldNames } from './field-names.ts'
import { gramHash, gramHashAt, LARGE_BLOOM_BYTES_MIN } from './grams.ts'
import { FIELD_BYTES_MAX } from './limits.ts'
import { readJsonEvent } from './read-json.ts'

const A = 0

/** Columns with one event, whose field `a` is a string with these bytes inside. */
function columnsWith(inside: Uint8Array | string, columns = new EventColumns(new FieldNames(['a']))): EventColumns {
  const bytes = typeof inside === 'string' ? utf8Encode(inside) : inside
  const event = concatBytes([utf8Encode('{"a":"'), bytes, utf8Encode('"}')])
  assert.equal(readJsonEvent(columns, event, 0, event.length), 'ok')
  return columns
}

function textOf(columns: EventColumns): string {
  columns.text(A)
  return utf8Decode(columns.textBytes.subarray(columns.textFrom[A], columns.textTo[A]))
}

function foldedOf(columns: EventColumns): string {
  columns.fold(A)
  return utf8Decode(columns.foldedBytes.subarray(columns.foldedFrom[A], columns.foldedTo[A]))
}

describe('names', () => {
  const names = new FieldNames(['Image', 'Threat Name', 'a', 'ab', 'abc', 'é', 'SourcePortX', 'SourceQortX', ''])
  const rows: [name: string, expected: number][] = [
    ['Image', 0],
    ['I mage ', 0],
    ['ThreatName', 1],
    ['Threat Name', 1],
    ['a', 2],
    ['ab', 3],
    ['abc', 4],
    ['é', 5],
    ['SourcePortX', 6],
    ['SourceQortX', 7],
    ['SourceRortX', -1],
    ['', 8],
    ['image', -1],
    ['Imag', -1],
    ['Images', -1],
    ['A', -1],
    ['__proto__', -1],
  ]
  for (const [name, expected] of rows) it(`${name} is ${expected}`, () => assert.equal(names.numberOf(name), expected))

  it('finds each of many, and no other', () => {
    const property = fc.property(fc.uniqueArray(fc.string({ maxLength: 12 }), { selector: withoutSpaces }), (all) => {
      const [absent = 'x', ...present] = all
      const names = new FieldNames(present)
      for (const [i, name] of present.entries()) assert.equal(names.numberOf(name), i)
      assert.equal(names.numberOf(absent), -1)
    })
    fc.assert(property)
  })

  it('does not take two that are the same', () => {
    assert.throws(() => new FieldNames(['Threat Name', 'ThreatName']), KernelError)
  })
})

function withoutSpaces(name: string): string {
  return name.replaceAll(' ', '').toWellFormed()
}

describe('text', () => {
  const rows: [what: string, inside: number[]][] = [
    ['a lone continuation', [0x80]],
    ['a cut-off sequence', [0x61, 0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong three', [0xe0, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a sequence broken by another', [0xf0, 0x9f, 0xc3, 0xa9]],
    ['the largest', [0xf4, 0x8f, 0xbf, 0xbf]],
  ]
  for (const [what, inside] of rows) {
    it(`${what}, as the Encoding Standard`, () => {
      assert.equal(textOf(columnsWith(Uint8Array.from(inside))), new TextDecoder().decode(Uint8Array.from(inside)))
    })
  }

  it('of any bytes, as the Encoding Standard, and folded as the kernel', () => {
    const columns = new EventColumns(new FieldNames(['a']))
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xc3, 0xe2, 0xf0, 0x9f, 0x80, 0xbf, 0x41))
    const property = fc.property(fc.array(byte, { maxLength: 200 }), (inside) => {
      const bytes = Uint8Array.from(inside).filter((one) => one !== 0x22 && one !== 0x5c)
      columnsWith(bytes, columns)
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      assert.equal(foldedOf(columns), foldCase(expected))
      assert.equal(textOf(columns), expected)
    })
    fc.assert(property, { numRuns: 3000 })
  })

  it('is folded as the kernel does, for every unit', () => {
    const columns = new EventColumns(new FieldNames(['a']))
    for (let first = 0; first < 0x10000; first += 0x1000) {
      const units = Array.from({ length: 0x1000 }, (_, i) => String.fromCharCode(first + i))
        .join('')
        .toWellFormed()
      columnsWith(units.replaceAll(/["\\]/g, ''), columns)
      assert.equal(foldedOf(columns), foldCase(textOf(columns)))
    }
  })

  it('of escapes, folded as the kernel', () => {
    const part = fc.constantFrom(
      'A',
      'z',
      '[',
      '@',
      '\\\\',
      '\\n',
      '\\u0041',
      '\\u00C9',
      '\\ud83d\\ude00',
      '\\ud800',
      'É',
      '\\/',
    )
    const property = fc.property(fc.array(part), (parts) => {
      const expected: string = JSON.parse(`"${parts.join('')}"`)
      assert.equal(foldedOf(columnsWith(parts.join(''))), foldCase(expected.toWellFormed()))
    })
    fc.assert(property)
  })

  const bad: [inside: string, expected: string][] = [
    ['\\q', '\\q'],
    ['\\u12', '\\u12'],
    ['\\u12x4', '\\u12x4'],
    ['a\nb', 'a\nb'],
  ]
  for (const [inside, expected] of bad)
    it(`keeps ${JSON.stringify(inside)}`, () => assert.equal(textOf(columnsWith(inside)), expected))

  const cuts: [what: string, inside: string, expected: string, truncated: number][] = [
    ['the most', 'x'.repeat(FIELD_BYTES_MAX), 'x'.repeat(FIELD_BYTES_MAX), 0],
    ['one more', 'X'.repeat(FIELD_BYTES_MAX + 1), 'X'.repeat(FIELD_BYTES_MAX), 1],
    ['half a character', `x${'é'.repeat(FIELD_BYTES_MAX / 2)}`, `x${'é'.repeat(FIELD_BYTES_MAX / 2 - 1)}`, 1],
    ['many escapes', '\\\\'.repeat(FIELD_BYTES_MAX), '\\'.repeat(FIELD_BYTES_MAX), 0],
    ['too many escapes', '\\\\'.repeat(FIELD_BYTES_MAX + 1), '\\'.repeat(FIELD_BYTES_MAX), 1],
  ]
  for (const [what, inside, expected, truncated] of cuts) {
    it(`is cut at a character: ${what}`, () => {
      const columns = columnsWith(inside)
      assert.equal(foldedOf(columns), foldCase(expected))
      assert.equal(textOf(columns), expected)
      assert.equal(columns.counters.truncated, truncated)
    })
  }

  it('grows its arenas without losing what is in them', () => {
    const columns = new EventColumns(new FieldNames(['a']))
    const values = Array.from({ length: 300 }, (_, i) => `${i}é`.repeat(100))
    const bytes = utf8Encode(JSON.stringify({ a: values }))
    assert.equal(readJsonEvent(columns, bytes, 0, bytes.length), 'ok')
    for (let value = 0; value < columns.count; value++) columns.bloom(value)
    for (const [value, text] of values.entries()) {
      assert.equal(columns.string(value), text)
      const from = columns.foldedFrom[value] ?? 0
      assert.equal(columns.bloomHas(value, gramHashAt(columns.foldedBytes, from + 7)), true)
    }
  })
})

describe('grams', () => {
  for (const length of [19, LARGE_BLOOM_BYTES_MIN, 20_000]) {
    it(`has every window of a folded text of ${length} bytes, and few others`, () => {
      const written = 'PowerShell.EXE -enc'.padEnd(length, 'qrs-TUV.wxy')
      const columns = columnsWith(written)
      columns.bloom(A)
      const text = utf8Encode(written.toLowerCase())
      const hashes = new Set<number>()
      for (let i = 0; i + 4 <= text.length; i++) hashes.add(gramHashAt(text, i))
      for (const hash of hashes) assert.ok(columns.bloomHas(A, hash))
      let others = 0
      for (let hash = 0; hash < 65_536; hash++) if (!hashes.has(hash) && columns.bloomHas(A, hash)) others++
      assert.ok(others < 65_536 / 50, `${others} hashes are there that no window has`)
    })
  }

  it('is 16 bits of four bytes', () => {
    for (const packed of [0, -1, 0x7fffffff, 0x6c6c6568]) assert.ok(gramHash(packed) >>> 16 === 0)
  })

  it('is empty for less than four bytes', () => {
    const columns = columnsWith('abc')
    columns.bloom(A)
    for (let hash = 0; hash < 65_536; hash++) assert.equal(columns.bloomHas(A, hash), false)
  })
})

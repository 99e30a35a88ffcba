import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { ARCHIVE_BYTES_MAX, compressBuild, decodeBuild, encodeBuild, openArchive } from './archive.ts'
import { EngineBuildError } from './errors.ts'

const segment = fc.stringMatching(/^[\w-][\w.-]{0,8}$/).filter((one) => !one.includes('node_modules'))
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const files = fc.dictionary(path, fc.string({ unit: 'grapheme', maxLength: 40 }), { maxKeys: 8, noNullPrototype: true })

test('files come back as they went in, and their order does not matter', () => {
  fc.assert(
    fc.property(files, (some) => {
      const build = new Map(Object.entries(some))
      const bytes = encodeBuild(build)
      assert.deepEqual(encodeBuild(new Map([...build].toReversed())), bytes)
      const opened = openArchive(compressBuild(bytes), sha256Hex(bytes))
      assert.deepEqual(opened, build)
    }),
    { numRuns: 60 },
  )
})

test('any changed byte is refused', () => {
  const bytes = encodeBuild(
    new Map([
      ['core/a/package.json', '{"name":"a"}'],
      ['core/a/src/index.ts', 'export {}\n'],
    ]),
  )
  const compressed = compressBuild(bytes)
  const digest = sha256Hex(bytes)
  for (let at = 0; at < compressed.length; at++) {
    const changed = Uint8Array.from(compressed, (byte, i) => (i === at ? byte ^ 1 : byte))
    assert.throws(() => openArchive(changed, digest), EngineBuildError, `byte ${at}`)
    assert.throws(() => openArchive(compressed.subarray(0, at), digest), EngineBuildError, `${at} bytes`)
  }
  assert.throws(() => openArchive(compressed, sha256Hex(compressed)), /its digest is/)
})

const places: readonly string[] = [
  '',
  '/etc/passwd',
  '../outside.ts',
  'core/../../outside.ts',
  'core/./a.ts',
  'core//a.ts',
  'core/a.ts/',
  '.hidden',
  'core/.hidden/a.ts',
  'node_modules/a/index.js',
  'core/node_modules/a.js',
  'core\\a.ts',
  'core/a\u0000.ts',
  'a'.repeat(201),
]
const forms: readonly (readonly [name: string, json: string])[] = [
  ...places.map((place) => [`a file at ${place.slice(0, 30)}`, JSON.stringify([[place, 'x']])] as const),
  ['an object', '{}'],
  ['a file without text', '[["a"]]'],
  ['a file with more', '[["a","b","c"]]'],
  ['a number', '[["a",1]]'],
  ['not sorted', '[["b",""],["a",""]]'],
  ['one file twice', '[["a",""],["a",""]]'],
  ['with space', '[["a", ""]]'],
  ['cut off', '[["a",""]'],
]
for (const [name, json] of forms) {
  test(`no archive, whatever its digest: ${name}`, () => {
    const bytes = utf8Encode(json)
    assert.throws(() => openArchive(brotliCompressSync(bytes), sha256Hex(bytes)), { code: 'engines/archive' })
  })
}

test('what would grow beyond the limit is refused while it is decompressed', () => {
  const huge = brotliCompressSync(new Uint8Array(ARCHIVE_BYTES_MAX + 1))
  assert.ok(huge.length < 1_000)
  assert.throws(() => openArchive(huge, '0'.repeat(64)), { code: 'engines/archive' })
})

test('hostile bytes end in files or in one kind of error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.json().map(utf8Encode)), (bytes) => {
      try {
        decodeBuild(bytes)
      } catch (error) {
        assert.ok(error instanceof EngineBuildError)
      }
    }),
  )
})

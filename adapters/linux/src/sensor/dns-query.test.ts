import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DNS_LABEL_BYTES_MAX, DNS_NAME_BYTES_MAX, DNS_TYPES, parseDnsQuery } from './dns-query.ts'

const QUERY_FLAGS = 0x0100 // recursion desired

interface Message {
  readonly flags?: number
  readonly questions?: number
  readonly labels?: readonly (string | Uint8Array)[]
  /** Instead of `labels`. */
  readonly name?: Uint8Array
  readonly type?: number
}

/** Encodes what a resolver sends, straight from RFC 1035 4.1. */
function message({ flags = QUERY_FLAGS, questions = 1, labels = ['example', 'com'], name, type = 1 }: Message): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(0xbeef, 0)
  header.writeUInt16BE(flags, 2)
  header.writeUInt16BE(questions, 4)
  const parts = labels.map((label) => Buffer.from(label)).flatMap((label) => [Buffer.from([label.length]), label])
  const tail = Buffer.from([0, type >> 8, type & 255, 0, 1])
  return Buffer.concat([header, ...(name === undefined ? parts : [name]), ...(name === undefined ? [tail] : [])])
}

const label = (length: number): string => 'x'.repeat(length)

const READ: readonly (readonly [string, Message, string, string])[] = [
  ['a name', {}, 'example.com', 'A'],
  ['case as it was sent', { labels: ['ExAmPlE', 'COM'] }, 'ExAmPlE.COM', 'A'],
  ['the root', { labels: [], type: 2 }, '.', 'NS'],
  ['a service', { labels: ['_ldap', '_tcp', 'corp'], type: 33 }, '_ldap._tcp.corp', 'SRV'],
  ['a type without a name', { type: 65_280 }, 'example.com', 'TYPE65280'],
  ['any', { type: 255 }, 'example.com', 'ANY'],
  ['a label of full length', { labels: [label(63), 'a'] }, `${label(63)}.a`, 'A'],
  ['a name of full length', { labels: [63, 63, 63, 61].map(label) }, [63, 63, 63, 61].map(label).join('.'), 'A'],
  ['a dot within a label', { labels: ['a.b', 'c'] }, String.raw`a\.b.c`, 'A'],
  ['a backslash', { labels: ['a\\b'] }, String.raw`a\\b`, 'A'],
  [
    'a space, a NUL and bytes beyond ASCII',
    { labels: [Uint8Array.of(32, 0, 195, 169)] },
    String.raw`\032\000\195\169`,
    'A',
  ],
  ['several questions: the first', { questions: 3 }, 'example.com', 'A'],
  ['authentic data and checking disabled asked for', { flags: 0x0130 }, 'example.com', 'A'],
]

for (const [title, sent, name, type] of READ) {
  test(`reads ${title}`, () => assert.deepEqual(parseDnsQuery(message(sent)), { name, type }))
}

const UNREAD: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['half a header', message({}).subarray(0, 11)],
  ['a header alone', message({}).subarray(0, 12)],
  ['no question', message({ questions: 0 })],
  ['a response', message({ flags: 0x8180 })],
  ['a zone change', message({ flags: 0x2800 })],
  ['a name without end', message({ name: Buffer.from('\x03abc', 'latin1') })],
  ['a label beyond the datagram', message({ name: Buffer.from('\x3fabc', 'latin1') })],
  ['a pointer to itself', message({ name: Buffer.from([0xc0, 12, 0, 1, 0, 1]) })],
  ['a pointer behind a label', message({ name: Buffer.from([1, 97, 0xc0, 12, 0, 1, 0, 1]) })],
  ['a label of 64', message({ name: Buffer.concat([Buffer.from([64]), Buffer.alloc(64, 97), Buffer.alloc(5)]) })],
  ['a reserved kind of label', message({ name: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(200)]) })],
  ['a name of 256 bytes', message({ labels: [63, 63, 63, 62].map(label) })],
  ['no type', message({}).subarray(0, -4)],
  ['half a class', message({}).subarray(0, -1)],
]

for (const [title, bytes] of UNREAD) test(`null for ${title}`, () => assert.equal(parseDnsQuery(bytes), null))

/** Labels that fit a name together. */
const labels = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: DNS_LABEL_BYTES_MAX }), { maxLength: 8 })
  .filter((parts) => parts.reduce((sum, part) => sum + part.length + 1, 1) <= DNS_NAME_BYTES_MAX)

/** Reads a name back as RFC 4343 2.1 writes it; shares nothing with the parser. */
function bytesOfName(name: string): number[][] {
  const parts: number[][] = name === '.' ? [] : [[]]
  for (const [token] of name.matchAll(/\\\d{3}|\\.|./gs)) {
    if (token === '.' && name === '.') continue
    if (token === '.') parts.push([])
    else parts.at(-1)?.push(token.length === 4 ? Number(token.slice(1)) : (token.at(-1) ?? '').charCodeAt(0))
  }
  return parts
}

test('whatever the labels and the type, they can be read back from the answer', () => {
  fc.assert(
    fc.property(labels, fc.nat(0xffff), fc.uint8Array({ maxLength: 64 }), (parts, type, rest) => {
      const question = parseDnsQuery(Buffer.concat([message({ labels: parts, type }), rest]))
      assert.ok(question)
      assert.deepEqual(
        bytesOfName(question.name),
        parts.map((part) => [...part]),
      )
      assert.match(question.name, /^[!-~]+$/)
      assert.equal(question.type, DNS_TYPES.get(type) ?? `TYPE${type}`)
    }),
  )
})

test('any bytes, also of queries with bytes changed or cut off, give a bounded question or null', () => {
  const changed = fc
    .tuple(labels, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(300))
    .map(([parts, changes, length]) => {
      const bytes = Buffer.from(message({ labels: parts }))
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return bytes.subarray(0, length)
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 512 }), changed), (bytes) => {
      const question = parseDnsQuery(bytes)
      assert.ok(question === null || (question.name.length > 0 && question.name.length <= 4 * DNS_NAME_BYTES_MAX))
    }),
    { numRuns: 2_000 },
  )
})

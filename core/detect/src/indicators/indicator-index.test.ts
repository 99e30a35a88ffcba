import {
  buildIndicatorTables,
  ContentError,
  IndicatorList,
  type IndicatorTables,
  readIndicatorSection,
  writeIndicatorSection,
} from '@firebreak/content'
import { foldCase, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DetectError } from '../errors.ts'
import { IndicatorIndex } from './indicator-index.ts'

const LOOK_UPS = ['findHash', 'findInHashes', 'findAddress', 'findDomain', 'findUrl', 'findFilename'] as const
type LookUp = (typeof LOOK_UPS)[number]
type Row = readonly [type: Parameters<IndicatorList['add']>[0], value: string, description?: string]

function sectionOf(rows: readonly Row[]): Uint32Array {
  const list = new IndicatorList()
  for (const [type, value, description = ''] of rows) assert.equal(list.add(type, value, description), null, value)
  return writeIndicatorSection(buildIndicatorTables(list))
}

/** Looks `text` up inside of a longer buffer whose other bytes would change what is found. */
function find(index: IndicatorIndex, lookUp: LookUp, text: string): number {
  const bytes = utf8Encode(`#.a${text}.b/#c`)
  return index[lookUp](bytes, 3, bytes.length - 5)
}

/** The value that is found, and its description. */
function found(index: IndicatorIndex, lookUp: LookUp, text: string): string | null {
  const number = find(index, lookUp, text)
  if (number < 0) return null
  const { type, value, description } = index.describe(number)
  return `${type} ${value} ${description}`.trimEnd()
}

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e'
const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const IMPHASH = 'f34d5f2d4577ed6d9ceec516c1f5a744'

const INDEX = new IndicatorIndex(
  readIndicatorSection(
    sectionOf([
      ['md5', MD5, 'empty'],
      ['md5', IMPHASH],
      ['sha1', SHA1],
      ['sha256', SHA256],
      ['ip', '10.1.2.3', 'one'],
      ['network', '10.1.0.0/16'],
      ['network', '10.0.0.0/8'],
      ['network', '10.0.0.0/9'],
      ['network', '2001:db8::/32'],
      ['ip', '2001:db8::5'],
      ['network', '::/8'],
      ['domain', 'evil.example', 'root'],
      ['domain', 'a.b.evil.example'],
      ['url', 'http://evil.example'],
      ['url', 'http://evil.example/a/'],
      ['url', 'http://evil.example/ümlaut?x=/'],
      ['filename', 'evil.exe'],
      ['filename', 'C:\\Temp\\evil.exe', 'path'],
      ['filename', '/tmp/x'],
      ['filename', 'Ökonom'],
    ]),
  ),
)

const lookUps: readonly (readonly [LookUp, text: string, expected: string | null])[] = [
  ['findHash', MD5, 'md5 d41d8cd98f00b204e9800998... empty'],
  ['findHash', MD5.toUpperCase(), 'md5 d41d8cd98f00b204e9800998... empty'],
  ['findHash', SHA1, 'sha1 da39a3ee5e6b4b0d3255bfef...'],
  ['findHash', SHA256, 'sha256 e3b0c44298fc1c149afbf4c8...'],
  ['findHash', SHA256.slice(0, 40), null],
  ['findHash', `${MD5}0`, null],
  ['findHash', `${SHA256.slice(0, 63)}g`, null],
  ['findHash', `g${MD5.slice(1)}`, null],
  ['findHash', '', null],
  ['findInHashes', `SHA1=00,MD5=${MD5},SHA256=00,IMPHASH=00`, 'md5 d41d8cd98f00b204e9800998... empty'],
  ['findInHashes', ` sha256=${SHA256.toUpperCase()} , x`, 'sha256 e3b0c44298fc1c149afbf4c8...'],
  ['findInHashes', SHA1, 'sha1 da39a3ee5e6b4b0d3255bfef...'],
  ['findInHashes', `IMPHASH=${IMPHASH}`, null],
  ['findInHashes', `MD5=${IMPHASH}`, 'md5 f34d5f2d4577ed6d9ceec516...'],
  ['findInHashes', `SHA1=${MD5}`, null],
  ['findInHashes', `SHA256=${SHA1}`, null],
  ['findInHashes', `XMD5=${MD5}`, null],
  ['findInHashes', `MD5=MD5=${MD5}`, null],
  ['findInHashes', ',,=,==,', null],
  ['findInHashes', '', null],
  ['findAddress', '10.1.2.3', 'ip 10.1.2.3 one'],
  ['findAddress', '::ffff:10.1.2.3', 'ip 10.1.2.3 one'],
  ['findAddress', '10.1.2.4', 'network 10.1.0.0/16'],
  ['findAddress', '10.127.0.0', 'network 10.0.0.0/9'],
  ['findAddress', '10.128.0.0', 'network 10.0.0.0/8'],
  ['findAddress', '11.0.0.0', null],
  ['findAddress', '9.255.255.255', null],
  ['findAddress', '2001:DB8::5%eth0', 'ip 2001:db8::5'],
  ['findAddress', '2001:db8::6', 'network 2001:db8::/32'],
  ['findAddress', '2001:db9::', null],
  ['findAddress', '::1', 'network ::/8'],
  ['findAddress', '10.1.2', null],
  ['findAddress', '', null],
  ['findDomain', 'evil.example', 'domain evil.example root'],
  ['findDomain', 'evil.example.', 'domain evil.example root'],
  ['findDomain', 'x.y.evil.example', 'domain evil.example root'],
  ['findDomain', 'b.evil.example', 'domain evil.example root'],
  ['findDomain', 'x.a.b.evil.example', 'domain a.b.evil.example'],
  ['findDomain', 'notevil.example', null],
  ['findDomain', 'evil.example..', null],
  ['findDomain', 'example', null],
  ['findDomain', '.', null],
  ['findDomain', '', null],
  ['findDomain', `${'a.'.repeat(126)}evil.example`, null],
  ['findUrl', 'http://evil.example', 'url http://evil.example'],
  ['findUrl', 'http://evil.example/', 'url http://evil.example'],
  ['findUrl', 'http://evil.example/#top', 'url http://evil.example'],
  ['findUrl', 'http://evil.example/a/', 'url http://evil.example/a/'],
  ['findUrl', 'http://evil.example/a', null],
  ['findUrl', 'http://evil.example//', null],
  ['findUrl', 'http://evil.example/ümlaut?x=/#/', 'url http://evil.example/ümlaut?x=/'],
  ['findUrl', 'https://evil.example', null],
  ['findUrl', '/', null],
  ['findUrl', 'x:/', null],
  ['findUrl', '#', null],
  ['findUrl', '', null],
  ['findFilename', 'evil.exe', 'filename evil.exe'],
  ['findFilename', 'd:\\a\\evil.exe', 'filename evil.exe'],
  ['findFilename', '/a/evil.exe', 'filename evil.exe'],
  ['findFilename', 'c:\\temp\\evil.exe', 'filename c:\\temp\\evil.exe path'],
  ['findFilename', `/${'a/'.repeat(10_000)}evil.exe`, 'filename evil.exe'],
  ['findFilename', '/tmp/x', 'filename /tmp/x'],
  ['findFilename', 'tmp/x', null],
  ['findFilename', '/tmp/ökonom', 'filename ökonom'],
  ['findFilename', '/evil.exe/', null],
  ['findFilename', 'x'.repeat(30_000), null],
  ['findFilename', '', null],
]
for (const [lookUp, text, expected] of lookUps) {
  test(`${lookUp} ${text.slice(0, 60)}`, () => assert.equal(found(INDEX, lookUp, text), expected))
}

test('no indicator has a number outside', () => {
  for (const number of [-1, 20, 0.5, Number.NaN]) {
    assert.throws(
      () => INDEX.describe(number),
      (error) => error instanceof DetectError && error.code === 'detect/trap',
    )
  }
  for (let number = 0; number < 20; number++) INDEX.describe(number)
})

test('nothing is found where there is nothing', () => {
  const empty = new IndicatorIndex(readIndicatorSection(sectionOf([])))
  for (const [lookUp, text] of lookUps) assert.equal(find(empty, lookUp, text), -1)
})

const digit = fc.constantFrom('0', '1', 'f')
const digests = fc.string({ unit: digit, minLength: 24, maxLength: 24 }).map((head) => head.padEnd(32, '0'))

test('digests are found exactly when they are in the list', () => {
  const many = fc.uniqueArray(
    fc.oneof(
      digests,
      fc.nat().map((n) => n.toString(16).padStart(24, '0').padEnd(32, '0')),
    ),
    {
      maxLength: 200,
    },
  )
  fc.assert(
    fc.property(many, many, (known, others) => {
      const index = new IndicatorIndex(readIndicatorSection(sectionOf(known.map((value) => ['md5', value]))))
      for (const digest of [...known, ...others]) {
        const hit = found(index, 'findHash', digest)
        assert.equal(hit, known.includes(digest) ? `md5 ${digest.slice(0, 24)}${hit?.slice(28)}` : null)
      }
    }),
    { numRuns: 50 },
  )
})

const label = fc.constantFrom('a', 'b', 'evil')
const domains = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.example`)

test('the domain that is found is the longest one at or above the name', () => {
  fc.assert(
    fc.property(fc.array(domains, { maxLength: 10 }), domains, (known, name) => {
      const index = new IndicatorIndex(readIndicatorSection(sectionOf(known.map((value) => ['domain', value]))))
      const above = known.filter((one) => name === one || name.endsWith(`.${one}`))
      const [longest] = above.toSorted((a, b) => b.length - a.length)
      assert.equal(found(index, 'findDomain', name), longest === undefined ? null : `domain ${longest}`)
    }),
  )
})

/** Few bits are set, so that networks nest and addresses fall into them. */
const bits = fc
  .array(fc.nat({ max: 31 }), { maxLength: 3 })
  .map((set) => set.reduce((sum, bit) => (sum | (1 << bit)) >>> 0, 0))
const networks = fc.tuple(bits, fc.integer({ min: 1, max: 32 })).map(([address, prefix]) => ({
  first: (address & (0xffffffff << (32 - prefix))) >>> 0,
  prefix,
}))
const ipv4 = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
/** The same 32 bits, spread over an IPv6 address: two groups at its ends. */
const ipv6 = (address: number): string => `${(address >>> 16).toString(16)}:1::${(address & 0xffff).toString(16)}`

test('the network that is found is the smallest around the address', () => {
  fc.assert(
    fc.property(fc.array(networks, { maxLength: 20 }), bits, (known, address) => {
      const rows = known.map(({ first, prefix }): Row => ['network', `${ipv4(first)}/${prefix}`])
      const index = new IndicatorIndex(readIndicatorSection(sectionOf(rows)))
      const around = known.filter(
        ({ first, prefix }) => Math.floor(address / 2 ** (32 - prefix)) === first / 2 ** (32 - prefix),
      )
      const [smallest] = around.toSorted((a, b) => b.prefix - a.prefix)
      const expected =
        smallest &&
        (smallest.prefix === 32 ? `ip ${ipv4(smallest.first)}` : `network ${ipv4(smallest.first)}/${smallest.prefix}`)
      assert.equal(found(index, 'findAddress', ipv4(address)), expected ?? null)
    }),
    { numRuns: 300 },
  )
})

test('IPv6 addresses are found exactly when they are in the list', () => {
  fc.assert(
    fc.property(fc.uniqueArray(bits, { maxLength: 20 }), bits, (known, address) => {
      const index = new IndicatorIndex(readIndicatorSection(sectionOf(known.map((one) => ['ip', ipv6(one)]))))
      assert.equal(find(index, 'findAddress', ipv6(address)) >= 0, known.includes(address))
      for (const one of known) assert.ok(find(index, 'findAddress', ipv6(one)) >= 0)
    }),
  )
})

test('a verified section never stops a look-up, and each hit can be described', () => {
  const rows: Row[] = Array.from({ length: 40 }, (_, i) => ['md5', (i * 0x5bd1e995).toString(16).padStart(32, '0')])
  for (let i = 0; i < 20; i++)
    rows.push(['network', `${i}.0.0.0/${8 + i}`], ['ip', `2001:db8::${i}`], ['domain', `${i % 7}.evil${i}.example`])
  for (let i = 0; i < 20; i++) rows.push(['filename', `/tmp/${i}`, `${i}`], ['url', `http://evil${i}`])
  const good = sectionOf(rows)
  const values = rows.map(([, value]) => utf8Encode(foldCase(value.replace(/\/\d+$/, ''))))
  let accepted = 0
  const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 31 }))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const words = good.slice()
      for (const [word, bit] of changes) words[word] = ((words[word] ?? 0) ^ (1 << bit)) >>> 0
      const tables = verified(words)
      if (tables === null) return
      accepted++
      const index = new IndicatorIndex(tables)
      for (const bytes of values) {
        for (const name of LOOK_UPS) {
          const number = index[name](bytes, 0, bytes.length)
          if (number >= 0) index.describe(number)
        }
      }
    }),
    { numRuns: 15_000 },
  )
  assert.ok(accepted > 100, `only ${accepted} were accepted: nothing was shown`)
})

function verified(words: Uint32Array): IndicatorTables | null {
  try {
    return readIndicatorSection(words)
  } catch (error) {
    assert.ok(error instanceof ContentError && error.code === 'content/image-indicators')
    return null
  }
}

test('no bytes whatever stop a look-up', () => {
  const hostile = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 100 }).map(utf8Encode))
  fc.assert(
    fc.property(hostile, fc.nat({ max: 300 }), (bytes, cut) => {
      const from = Math.min(cut, bytes.length)
      for (const name of LOOK_UPS) INDEX[name](bytes, from, bytes.length)
    }),
    { numRuns: 1_000 },
  )
})

test('a look-up reads nothing outside of its value', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '.',
    '#',
    'evil.exe',
    'evil.example',
    'e',
    'http://',
    MD5,
    '10.1.2.3',
    ',',
    'MD5=',
    ':',
  )
  const pieces = fc.array(piece, { maxLength: 4 }).map((all) => utf8Encode(all.join('')))
  fc.assert(
    fc.property(pieces, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (bytes, a, b) => {
      const [from = 0, to = 0] = [a, b].map((at) => Math.min(at, bytes.length)).toSorted((one, other) => one - other)
      const alone = bytes.slice(from, to)
      for (const name of LOOK_UPS) assert.equal(INDEX[name](bytes, from, to), INDEX[name](alone, 0, alone.length))
    }),
    { numRuns: 3_000 },
  )
})

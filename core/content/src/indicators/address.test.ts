import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIpv4, formatIpv6, parseAddress } from './address.ts'

function parse(text: string): string | null {
  const bytes = utf8Encode(`<${text}>`)
  const out = new Uint32Array(4)
  const family = parseAddress(bytes, 1, bytes.length - 1, out)
  if (family === 0) return null
  return family === 4 ? formatIpv4(out[3] ?? 0) : formatIpv6(out)
}

const good: readonly (readonly [text: string, canonical: string])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8::A', '2001:db8::a'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8:0000:0001:0001:0001:0001:0001', '2001:db8:0:1:1:1:1:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ['fe80::1%eth0', 'fe80::1'],
  ['fe80::1%', 'fe80::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['::0.0.0.0', '::'],
  ['1::ffff:1.2.3.4', '1::ffff:102:304'],
  ['0:0:1:0:0:ffff:1.2.3.4', '::1:0:0:ffff:102:304'],
  ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
]
for (const [text, canonical] of good) test(`address ${text}`, () => assert.equal(parse(text), canonical))

const bad = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.04',
  '1.2.3.1000',
  '1.2.3.',
  '1.2.3.4.',
  '1.2.3.a',
  '::1g',
  '::1:2:3:4:5:6:7:1.2.3.4',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4 ',
  '+1.2.3.4',
  '0x1.2.3.4',
  '1.2.3.4%eth0',
  '1.2.3.4:80',
  ':',
  ':::',
  '1:::2',
  '::1::',
  ':1::2',
  '1:2:3:4:5:6:7:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '12345::',
  '::g',
  '[::1]',
  '::1.2.3',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::1.2.3.4:1',
  '%eth0',
  '１.2.3.4',
  `::1%${'x'.repeat(200)}`,
]
for (const text of bad) test(`no address: ${JSON.stringify(text)}`, () => assert.equal(parse(text), null))

const words = fc.array(fc.oneof(fc.nat({ max: 0xffffffff }), fc.constantFrom(0, 1, 0x10000)), {
  minLength: 4,
  maxLength: 4,
})

test('every address is read as it is written', () => {
  fc.assert(
    fc.property(words, (address) => {
      const [a, b, c, d = 0] = address
      const isMapped = a === 0 && b === 0 && c === 0xffff
      const text = formatIpv6(Uint32Array.from(address))
      assert.equal(parse(text), isMapped ? formatIpv4(d) : text)
      assert.equal(parse(formatIpv4(d)), formatIpv4(d))
    }),
  )
})

/** Slow and obvious: groups by splitting, the gap by counting. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const all = groups.flat()
  const isHex = all.every((group) => /^[0-9a-f]{1,4}$/.test(group))
  return isHex && (halves.length === 2 ? all.length <= 7 : all.length === 8)
}

test('exactly the right texts of colons and digits are addresses', () => {
  const part = fc.constantFrom(':', '::', '0', 'ffff', '12345', 'a:b', '1:2:3:4')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
      const text = parts.join('')
      if (text.includes(':')) assert.equal(parse(text) !== null, isIpv6(text), text)
    }),
    { numRuns: 2_000 },
  )
})

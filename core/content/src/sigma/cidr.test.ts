import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Network } from './ast.ts'
import { parseNetwork } from './cidr.ts'

const show = ({ words, prefixBits }: Network): string =>
  `${words.map((word) => (word >>> 0).toString(16)).join(':')}/${prefixBits}`

test('networks of both kinds are numbers of 128 bits', () => {
  const rows: readonly (readonly [text: string, shown: string])[] = [
    ['10.0.0.0/8', '0:0:ffff:a000000/104'],
    ['0.0.0.0/0', '0:0:ffff:0/96'],
    ['255.255.255.255/32', '0:0:ffff:ffffffff/128'],
    ['192.168.1.1', '0:0:ffff:c0a80101/128'],
    ['128.0.0.0/1', '0:0:ffff:80000000/97'],
    ['::/0', '0:0:0:0/0'],
    ['::1/128', '0:0:0:1/128'],
    ['::1', '0:0:0:1/128'],
    ['fe80::/10', 'fe800000:0:0:0/10'],
    ['2001:DB8::/32', '20010db8:0:0:0/32'],
    ['1:2:3:4:5:6:7:8', '10002:30004:50006:70008/128'],
    ['1::8/128', '10000:0:0:8/128'],
    ['1:2:3:4:5:6:7::', '10002:30004:50006:70000/128'],
    ['1::3:4:5:6:7:8', '10000:30004:50006:70008/128'],
    ['::10.0.0.0/104', '0:0:0:a000000/104'],
    ['2603:1080::/25', '26031080:0:0:0/25'],
    ['::ffff:10.0.0.0/104', '0:0:ffff:a000000/104'],
    ['1:2:3:4:5:6:1.2.3.4', '10002:30004:50006:1020304/128'],
  ]
  for (const [text, shown] of rows) assert.equal(show(parseNetwork(text)), shown, text)
})

test('what is no network is refused', () => {
  const rows = [
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    '10.0.0.0/ 8',
    ' 10.0.0.0/8',
    '10.0.0/8',
    '10.0.0.0.0/8',
    '010.0.0.0/8',
    '256.0.0.0/8',
    '10.0.0.*',
    '10.0.0.1/8',
    '10.0.0.1/31',
    '::1/127',
    'fe80::1/64',
    '::/129',
    ':::/8',
    '1::2::3/128',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '1:2:3:4::5:6:7:8',
    '::/08',
    '::/x',
    '1.2.3.4::',
    '1.2.3.4::1',
    '::1.2.3.4:5',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::/16',
    'g::/16',
    '1.2.3.4::/16',
    '1:1.2.3.4:2::',
    'fe80::1%eth0/128',
    'localhost',
  ]
  for (const text of rows) assert.throws(() => parseNetwork(text), { code: 'content/modifier' }, text)
})

/** By the definition: the first bits of both are the same. */
function holds({ words, prefixBits }: Network, address: Network): boolean {
  const bits = (one: Network): string => one.words.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')
  return bits({ words, prefixBits }).slice(0, prefixBits) === bits(address).slice(0, prefixBits)
}

test('networks hold the addresses that Node says they hold', () => {
  const v6 = fc.array(fc.constantFrom('0', '1', 'fe80', 'ffff', '8000'), { minLength: 8, maxLength: 8 })
  const addresses = fc.tuple(v6, v6, fc.nat(128))
  fc.assert(
    fc.property(addresses, ([a, b, bits]) => {
      const list = new BlockList()
      list.addSubnet(a.join(':'), bits, 'ipv6')
      const whole = parseNetwork(a.join(':'))
      assert.equal(holds({ ...whole, prefixBits: bits }, parseNetwork(b.join(':'))), list.check(b.join(':'), 'ipv6'))
    }),
  )
})

test('a network is refused exactly when bits behind its prefix are set', () => {
  const byte = fc.constantFrom(0, 1, 128, 255, 192)
  fc.assert(
    fc.property(byte, byte, byte, byte, fc.nat(32), (a, b, c, d, bits) => {
      const binary = [a, b, c, d].map((one) => one.toString(2).padStart(8, '0')).join('')
      const read = (): Network => parseNetwork(`${a}.${b}.${c}.${d}/${bits}`)
      if (binary.slice(bits).includes('1')) assert.throws(read, { code: 'content/modifier' })
      else assert.equal(read().prefixBits, 96 + bits)
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIpv6 } from './ip-address.ts'

const ADDRESSES: readonly (readonly [string, string])[] = [
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ['20010db8000100010001000100010000', '2001:db8:1:1:1:1:1:0'],
  ['00010000000000000000000000000000', '1::'],
  ['fe800000000000000000000000000abc', 'fe80::abc'],
  ['00100000000010000000000000000010', '10:0:0:1000::10'],
  ['00000000000000000000ffff7f000001', '127.0.0.1'],
]

for (const [hex, expected] of ADDRESSES) {
  test(`address ${expected}`, () => assert.equal(formatIpv6(Buffer.from(hex, 'hex'), 0), expected))
}

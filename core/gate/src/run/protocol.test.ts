import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBytes, KernelError } from '@firebreak/kernel'
import { type GateRequest, parseGateRequest } from './protocol.ts'

const REQUEST: GateRequest = {
  pack: '/packs/linux',
  inputs: ['zeek'],
  policyFile: '/policy.json',
  runningImage: '/image.fbi',
  earlierReports: ['/earlier.json'],
  author: { releases: 1_000_000, harmed: 0 },
  corpora: ['/events.jsonl'],
  keyFile: '/key.pem',
  seed: 0xffff_ffff,
  files: { image: '/i', report: '/r', statement: '/s', page: '/p', sarif: '/a' },
  mode: 'gate',
}
const NOTHING: GateRequest = {
  pack: 'p',
  inputs: [],
  policyFile: null,
  runningImage: null,
  earlierReports: [],
  author: null,
  corpora: [],
  keyFile: null,
  seed: null,
  files: { image: null, report: null, statement: null, page: null, sarif: null },
  mode: 'watch',
}
const read = (request: object): GateRequest => parseGateRequest(jsonBytes(request))

test('a request is read as it was written, with everything and with nothing', () => {
  for (const request of [REQUEST, NOTHING]) assert.deepEqual(read(request), request)
})

const tooLong = '/'.repeat(4_097)
const refused: readonly (readonly [name: string, change: object])[] = [
  ['no pack', { pack: null }],
  ['a path without end', { pack: tooLong }],
  ['too many paths', { corpora: Array.from({ length: 1_001 }, () => '/c') }],
  ['an input that is no name', { inputs: [7] }],
  ['a name of an input without end', { inputs: ['x'.repeat(65)] }],
  ['a mode that is none', { mode: 'guess' }],
  ['a seed that is not one', { seed: 0x1_0000_0000 }],
  ['a negative seed', { seed: -1 }],
  ['a report too few', { author: { releases: -1, harmed: 0 } }],
  ['more harm than there can be', { author: { releases: 1, harmed: 1_000_001 } }],
  ['half an author', { author: { releases: 1 } }],
  ['half the files', { files: { image: null } }],
  ['a file that is no path', { files: { ...NOTHING.files, page: 7 } }],
]
for (const [name, change] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(() => read({ ...REQUEST, ...change }), KernelError)
  })
}

test('the longest path is read', () => {
  const longest = tooLong.slice(1)
  assert.equal(read({ ...REQUEST, pack: longest }).pack, longest)
  assert.throws(() => parseGateRequest(new Uint8Array(1024 * 1024 + 1).fill(0x20)), KernelError)
})

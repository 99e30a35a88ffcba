import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkRecords, type SocketEnds } from './network-records.ts'
import { DATAGRAM, LIMIT, TCP } from './record-layout.ts'

const AT = 8 // records follow their header
const RECORD_SIZE_BYTES = AT + DATAGRAM.payload + LIMIT.payloadBytes

function record(write: (bytes: Buffer) => void): NetworkRecords {
  const bytes = Buffer.alloc(RECORD_SIZE_BYTES)
  write(bytes)
  return new NetworkRecords(bytes)
}

function socket(family: number, protocol: number, write: (bytes: Buffer) => void): SocketEnds {
  return record((bytes) => {
    bytes.writeUInt16LE(family, AT + TCP.family)
    bytes.writeUInt16LE(protocol, AT + TCP.protocol)
    bytes.writeUInt16BE(443, AT + TCP.portRemote)
    write(bytes)
  }).ends(AT)
}

test('IPv4: ports and addresses; a port not yet chosen is null', () => {
  const ends = socket(2, 6, (bytes) => {
    bytes.set([10, 0, 0, 1], AT + TCP.addressLocal)
    bytes.set([192, 0, 2, 7], AT + TCP.addressRemote)
  })
  const expected = { protocol: 'tcp', localIp: '10.0.0.1', localPort: null, remoteIp: '192.0.2.7', remotePort: 443 }
  assert.deepEqual(ends, expected)
})

test('IPv6, UDP, and a local port, which the kernel keeps in its own byte order', () => {
  const ends = socket(10, 17, (bytes) => {
    bytes[AT + TCP.address6Remote + 15] = 1
    bytes.writeUInt16LE(50_000, AT + TCP.portLocal)
  })
  assert.deepEqual(ends, { protocol: 'udp', localIp: '::', localPort: 50_000, remoteIp: '::1', remotePort: 443 })
})

const QUERY = Buffer.from('abcd01000001000000000000016103636f6d0000010001', 'hex')

const PAYLOADS: readonly (readonly [string, number, string | null])[] = [
  ['whole', QUERY.length, 'a.com'],
  ['empty', 0, null],
  ['cut', QUERY.length - 5, null],
  ['of an impossible length, which ends at the limit', 0xffff_ffff, 'a.com'],
]

for (const [name, length, expected] of PAYLOADS) {
  test(`a payload ${name}`, () => {
    const records = record((bytes) => {
      bytes.writeUInt32LE(length, AT + DATAGRAM.payloadLength)
      bytes.set(QUERY, AT + DATAGRAM.payload)
    })
    assert.equal(records.question(AT)?.name ?? null, expected)
  })
}

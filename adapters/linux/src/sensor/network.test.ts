import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { before, test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { openSensor, probeSensorTiers } from './sensor.ts'
import { readBatch } from './testing/read-batch.ts'

const ACTOR = path.join(import.meta.dirname, 'testing/actor.ts')
const WATCHED = ['network_connection', 'network_bind', 'dns_query', 'process_access']

const [best] = await probeSensorTiers()
const skip = best?.available === true ? false : (best?.reason ?? 'no tiers')

interface Facts {
  readonly port: number
  readonly from: number
  readonly udpPort: number
  readonly resolverPort: number
  readonly sentTo: number
  readonly child: number
}

let facts: Facts
let pid: number | undefined
let missing: string | false = skip
const events: HostEvent[] = []

before(async () => {
  if (skip !== false) return
  const sensor = await openSensor({
    tier: 'ebpf',
    now: Date.now,
    onBatch: ({ bytes }) => void events.push(...readBatch(bytes)),
  })
  const lacking = WATCHED.filter((category) => !sensor.info.categories.includes(category))
  if (lacking.length > 0) missing = `not watched here: ${lacking.join(', ')}`
  const actor = spawn(process.execPath, [ACTOR], { stdio: ['pipe', 'pipe', 'inherit'] })
  pid = actor.pid
  const exited = once(actor, 'exit')
  const said = await text(actor.stdout)
  await exited
  await sensor.close()
  facts = JSON.parse(said) as Facts
})

/** The fields named of all events that the actor caused, which must be who it is. */
function seen(category: string, names: readonly string[], pidField = 'ProcessId'): unknown[][] {
  const own = events.filter((event) => event.category === category && event.fields[pidField] === pid)
  return own.map(({ fields }) => {
    assert.equal(fields[pidField === 'ProcessId' ? 'Image' : 'SourceImage'], process.execPath)
    const line = String(fields[pidField === 'ProcessId' ? 'CommandLine' : 'SourceCommandLine'])
    assert.equal(line, `${process.execPath} ${ACTOR}`)
    return names.map((name) => fields[name])
  })
}

function watched(name: string, check: () => void): void {
  test(name, (context) => (missing === false ? check() : context.skip(missing)))
}

const ENDS = ['Protocol', 'Initiated', 'SourceIp', 'SourcePort', 'DestinationIp', 'DestinationPort']

watched('TCP: connected by the one process, accepted by the other, each at its own end', () => {
  const { port, from } = facts
  const tcp = seen('network_connection', ENDS).filter(([protocol]) => protocol === 'tcp')
  assert.deepEqual(tcp, [
    ['tcp', 'true', '127.0.0.4', from, '127.0.0.1', port],
    ['tcp', 'false', '127.0.0.4', from, '127.0.0.1', port],
  ])
})

watched('UDP: three datagrams to one place are one event; what is no question is a datagram, also to port 53', () => {
  const udp = seen('network_connection', ENDS).filter(([protocol]) => protocol === 'udp')
  const [, anyPort] = udp
  assert.deepEqual(udp, [
    ['udp', 'true', '127.0.0.1', facts.udpPort, '127.0.0.2', facts.sentTo],
    ['udp', 'true', null, anyPort?.[3], '127.0.0.3', 53],
  ])
})

watched('binds: the port that the kernel chose, and none for a bind that failed', () => {
  const binds = seen('network_bind', ['Protocol', 'SourceIp', 'SourcePort'])
  assert.deepEqual(binds, [
    ['tcp', '127.0.0.1', facts.port],
    ['tcp', '127.0.0.4', facts.from],
    ['udp', '127.0.0.1', facts.udpPort],
    ['udp', '0.0.0.0', facts.resolverPort],
  ])
})

watched(
  'DNS: by sendto, sendmsg, sendmmsg and write, connected or not, with and without a family, over IPv4 and IPv6',
  () => {
    const questions = seen('dns_query', ['QueryName', 'QueryType', 'DestinationIp'])
    const six = questions.filter(([name]) => name === 'six.example')
    assert.deepEqual(
      questions.filter(([name]) => name !== 'six.example'),
      [
        ['connected.example', 'AAAA', '127.0.0.1'],
        ['sendto.example', 'A', '127.0.0.1'],
        ['no-family.example', 'A', '127.0.0.2'],
        ['first.example', 'A', '127.0.0.1'],
        ['second.example', 'AAAA', '127.0.0.1'],
        ['nameless.example', 'A', '127.0.0.1'],
        ['written.example', 'TXT', '127.0.0.1'],
      ],
    )
    assert.ok(six.length === 0 || (six.length === 1 && six[0]?.join(' ') === 'six.example MX ::1'), JSON.stringify(six))
  },
)

watched('ptrace and process_vm_readv: who looks into whom', () => {
  const accesses = seen('process_access', ['AccessRequest', 'TargetProcessId'], 'SourceProcessId')
  assert.deepEqual(accesses, [
    ['PTRACE_SEIZE', facts.child],
    ['process_vm_readv', facts.child],
  ])
})

watched('memory files: the name', () => {
  const created = seen('file_event', ['TargetFilename', 'FileOperation'])
  assert.ok(created.some(([name, operation]) => name === '/memfd:payload' && operation === 'create'))
})

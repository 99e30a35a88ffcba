import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { LinuxError } from '../errors.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'
import { closeAll, sumCounter } from './bpf.ts'
import { type AttachedPrograms, attachPrograms } from './bpf-attach.ts'
import { readKernelOffsets } from './kernel-offsets.ts'
import { NetworkRecords } from './network-records.ts'
import { COUNTER, KIND, RECORD, RING_SIZE_BYTES } from './record-layout.ts'
import { drainRing, mapRing } from './ring-buffer.ts'
import { readTracepointIds, SYSCALL_TRACEPOINTS, type TracepointIds } from '../tracefs.ts'

const TRUE = ['/bin/true', '/usr/bin/true'].find((file) => existsSync(file)) ?? 'true'
const CPUS = 8 * 1024 // more values than any per-CPU map has: the kernel fills in its own
const PROCESS = ['process_creation', 'network_connection']
const ALL = [...PROCESS, 'network_bind', 'dns_query', 'process_access']

/** Older kernels lack the tracepoint sock_send_length, and say so. */
const sinceLinux63 = (limit: string): boolean => !limit.includes('write(2)')

const openFiles = (): number => readdirSync('/proc/self/fd').length

function unavailable(): string | false {
  try {
    closeAll(attachPrograms(readKernelOffsets()).fds)
    return false
  } catch (error) {
    if (error instanceof LinuxError) return error.message
    throw error
  }
}

const skip = unavailable()
const held: AttachedPrograms[] = []
after(() => {
  for (const { fds } of held) closeAll(fds)
})

function attached(ids?: TracepointIds): AttachedPrograms {
  const programs = attachPrograms(readKernelOffsets(), ids)
  held.push(programs)
  return programs
}

function release(programs: AttachedPrograms): void {
  held.splice(held.indexOf(programs), 1)
  closeAll(programs.fds)
}

const counter = (programs: AttachedPrograms, index: number): number => sumCounter(programs.maps.counters, index, CPUS)

test('without tracefs: processes and outbound TCP, and a sentence for each thing that is missing', { skip }, () => {
  const before = openFiles()
  const programs = attached({})
  assert.deepEqual(programs.categories, PROCESS)
  const limits = programs.limits.filter(sinceLinux63)
  assert.equal(limits.length, 4)
  for (const limit of limits) assert.match(limit, /^Not watched: .+ \(Cannot attach to .+\)\.$/)
  release(programs)
  assert.equal(openFiles(), before)
})

const lacking = SYSCALL_TRACEPOINTS.filter((name) => readTracepointIds()[name] === undefined)
const skipCalls = skip !== false ? skip : lacking.length > 0 ? `no tracepoints here: ${lacking.join(', ')}` : false

test('with tracefs: everything', { skip: skipCalls }, () => {
  const before = openFiles()
  const programs = attached()
  assert.deepEqual([programs.categories, programs.limits.filter(sinceLinux63)], [ALL, []])
  release(programs)
  assert.equal(openFiles(), before)
})

test('a tracepoint that is not there costs its group, and nothing else', { skip: skipCalls }, () => {
  const before = openFiles()
  const { sys_exit_bind: _, ...others } = readTracepointIds()
  const programs = attached(others)
  assert.deepEqual(
    programs.categories,
    ALL.filter((category) => category !== 'network_bind'),
  )
  assert.match(programs.limits.join(), /^Not watched: accepted connections and bound addresses \([^)]*sys_exit_bind/)
  release(programs)
  assert.equal(openFiles(), before)
})

/** Sends one empty datagram to each of `ports` of this machine, where nobody listens. */
async function sendTo(ports: readonly number[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const port of ports) await new Promise((resolve) => socket.send('', port, '127.0.0.2', resolve))
  socket.close()
  await once(socket, 'close')
}

test('one place is reported once; the rest is counted as repeats', { skip: skipCalls }, async () => {
  const programs = attached()
  const ring = mapRing(programs.maps.ring, RING_SIZE_BYTES)
  await sendTo(Array.from({ length: 50 }, () => 9))
  const records = new NetworkRecords(ring.memory.data)
  let seen = 0
  drainRing(ring.memory, (data, at) => {
    const view = new DataView(data.buffer, data.byteOffset + at)
    if (view.getUint32(RECORD.kind, true) !== KIND.datagram || view.getUint32(RECORD.tgid, true) !== process.pid) return
    const ends = records.ends(at)
    if (ends.remoteIp === '127.0.0.2' && ends.remotePort === 9) seen++
  })
  const repeats = counter(programs, COUNTER.repeats)
  ring.unmap()
  release(programs)
  assert.equal(seen, 1)
  assert.ok(repeats >= 49, `${repeats} repeats`)
})

test(
  'a flood of datagrams fills half of the ring at most: processes behind it are still seen',
  { skip: skipCalls },
  () => {
    const programs = attached()
    const ring = mapRing(programs.maps.ring, RING_SIZE_BYTES)
    const socket = trySyscall(SYS.socket, 2, 2 | 0x80000, 0) // AF_INET, SOCK_DGRAM | SOCK_CLOEXEC
    const address = Buffer.alloc(16)
    address.writeUInt16LE(2, 0)
    address.set([127, 0, 0, 2], 4)
    for (let port = 1000; port < 60_000 && counter(programs, COUNTER.dropped1) < 100; port++) {
      address.writeUInt16BE(port, 2)
      trySyscall(SYS.sendto, socket, address, 0, 0, address, address.length)
    }
    closeAll([socket])
    const lost = counter(programs, COUNTER.dropped1)
    spawnSync(TRUE, ['behind-the-flood'])
    let execs = 0
    let datagramBytes = 0
    drainRing(ring.memory, (data, at, sizeBytes) => {
      const record = Buffer.from(data.buffer, data.byteOffset + at, sizeBytes)
      const kind = record.readUInt32LE(RECORD.kind)
      if (kind === KIND.exec && record.includes('behind-the-flood')) execs++
      if (kind === KIND.datagram) datagramBytes += sizeBytes
    })
    const processesLost = counter(programs, COUNTER.dropped0)
    ring.unmap()
    release(programs)
    assert.ok(lost >= 100, `${lost} lost`)
    assert.ok(datagramBytes <= RING_SIZE_BYTES / 2, `${datagramBytes} bytes`)
    // What others start on this machine meanwhile may fill the rest; they are counted then.
    assert.ok(execs === 1 || processesLost > 0, `${execs} seen, ${processesLost} lost`)
  },
)

import { closeSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { addressOf, trySyscall } from '../syscalls.ts'
import { onlineCpu } from './cpus.ts'

/**
 * The bpf(2) system call. Maps, programs and links are file descriptors: when they are closed, or the process ends
 * in any way, the kernel detaches and frees them.
 */

const COMMAND = { mapCreate: 0, mapLookup: 1, programLoad: 5, rawTracepointOpen: 17 }
const PROGRAM_TYPE = { syscall: 5, raw: 17 } as const // BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT

const PERF_TYPE_TRACEPOINT = 2
const PERF_ATTRIBUTES_SIZE_BYTES = 128
const PERF_FLAG_FD_CLOEXEC = 8
const PERF_IOCTL = { setBpf: 0x4004_2408, enable: 0x2400 } as const

const ATTRIBUTES_SIZE_BYTES = 128
const NAME_LENGTH_MAX = 15
const VERIFIER_LOG_SIZE_BYTES = 64 * 1024
const VERIFIER_LOG_TAIL_CHARS = 400
/** A signal interrupts the verifier; libbpf tries again five times as well. */
const ATTEMPTS_MAX = 5
const EAGAIN = 11
const LICENSE = 'Dual MIT/GPL' // what the kernel asks of programs that use its GPL-only helpers

export const MAP_TYPE = { perCpuArray: 6, lruHash: 9, ringBuffer: 27 } as const

/** Buffers whose addresses are inside an attribute block, out of the garbage collector's sight during the call. */
const pinned: Uint8Array[] = []

/** @throws LinuxError linux/sensor-unavailable */
export function createMap(
  type: number,
  name: string,
  keySizeBytes: number,
  valueSizeBytes: number,
  entries: number,
): number {
  const attributes = new Attributes()
  attributes.u32(0, type)
  attributes.u32(4, keySizeBytes)
  attributes.u32(8, valueSizeBytes)
  attributes.u32(12, entries)
  attributes.name(28, name)
  return orUnavailable(`create the BPF map ${name}`, attributes.call(COMMAND.mapCreate))
}

/** @throws LinuxError linux/sensor-unavailable, with the end of the verifier's log when it refused */
export function loadProgram(attach: 'raw' | 'syscall', name: string, code: Uint8Array): number {
  const fd = programAttributes(attach, name, code).call(COMMAND.programLoad)
  if (fd >= 0) return fd
  const log = new Uint8Array(VERIFIER_LOG_SIZE_BYTES)
  const again = programAttributes(attach, name, code)
  again.u32(24, 1) // log level
  again.u32(28, log.length)
  again.pointer(32, log)
  const second = again.call(COMMAND.programLoad)
  if (second >= 0) return second
  const text = Buffer.from(log).toString('latin1').replaceAll('\0', '').trim()
  return orUnavailable(`load the BPF program ${name}`, fd, { verifier: text.slice(-VERIFIER_LOG_TAIL_CHARS) })
}

/** @returns the link; closing it detaches the program. @throws LinuxError linux/sensor-unavailable */
export function attachRawTracepoint(tracepoint: string, program: number): number {
  const attributes = new Attributes()
  attributes.pointer(0, Buffer.from(`${tracepoint}\0`))
  attributes.u32(8, program)
  return orUnavailable(`attach to the tracepoint ${tracepoint}`, attributes.call(COMMAND.rawTracepointOpen))
}

/**
 * Attaches to the tracepoint of a system call, on all CPUs at once. While any is in use, every system call of the host
 * takes the kernel's slower entry: about 50 ns.
 *
 * @param tracepoint - its number, as tracefs has it
 * @returns the event; closing it detaches the program. @throws LinuxError linux/sensor-unavailable
 * @see perf_event_open(2)
 */
export function attachSyscall(name: string, tracepoint: number, program: number): number {
  const attributes = new Uint8Array(PERF_ATTRIBUTES_SIZE_BYTES)
  const view = new DataView(attributes.buffer)
  view.setUint32(0, PERF_TYPE_TRACEPOINT, true)
  view.setUint32(4, PERF_ATTRIBUTES_SIZE_BYTES, true)
  view.setBigUint64(8, BigInt(tracepoint), true)
  view.setBigUint64(16, 1n, true) // each time, not each nth
  const what = `attach to ${name}`
  const cpu = onlineCpu() // an event has to name one, though the program runs on all
  const event = orUnavailable(what, trySyscall(SYS.perf_event_open, attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC))
  try {
    orUnavailable(what, trySyscall(SYS.ioctl, event, PERF_IOCTL.setBpf, program))
    orUnavailable(what, trySyscall(SYS.ioctl, event, PERF_IOCTL.enable, 0))
    return event
  } catch (error) {
    closeSync(event)
    throw error
  }
}

/** The sum over all CPUs of the 64-bit counter at `index` of a per-CPU array. */
export function sumCounter(map: number, index: number, cpus: number): number {
  const values = new Uint8Array(8 * cpus)
  const attributes = new Attributes()
  attributes.u32(0, map)
  attributes.pointer(8, new Uint8Array(Uint32Array.of(index).buffer))
  attributes.pointer(16, values)
  orUnavailable('read a BPF counter', attributes.call(COMMAND.mapLookup))
  return Number(new BigUint64Array(values.buffer).reduce((sum, value) => sum + value, 0n))
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd)
}

function programAttributes(attach: 'raw' | 'syscall', name: string, code: Uint8Array): Attributes {
  const attributes = new Attributes()
  attributes.u32(0, PROGRAM_TYPE[attach])
  attributes.u32(4, code.length / 8)
  attributes.pointer(8, code)
  attributes.pointer(16, Buffer.from(`${LICENSE}\0`))
  attributes.name(48, name)
  return attributes
}

/** `union bpf_attr`: zero except for what is set. */
class Attributes {
  readonly #bytes = new Uint8Array(ATTRIBUTES_SIZE_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  pointer(at: number, target: Uint8Array): void {
    pinned.push(target)
    this.#view.setBigUint64(at, addressOf(target), true)
  }

  name(at: number, name: string): void {
    this.#bytes.set(Buffer.from(name.slice(0, NAME_LENGTH_MAX), 'latin1'), at)
  }

  call(command: number): number {
    let result = -EAGAIN
    for (let k = 0; k < ATTEMPTS_MAX && result === -EAGAIN; k++) {
      result = trySyscall(SYS.bpf, command, this.#bytes, ATTRIBUTES_SIZE_BYTES)
    }
    pinned.length = 0
    return result
  }
}

function orUnavailable(what: string, result: number, details: Readonly<Record<string, unknown>> = {}): number {
  if (result >= 0) return result
  const errno = -result
  const reason = errno === 1 ? 'the kernel does not permit it (CAP_BPF and CAP_PERFMON are needed)' : `errno ${errno}`
  throw new LinuxError('linux/sensor-unavailable', `Cannot ${what}: ${reason}`, { errno, ...details })
}

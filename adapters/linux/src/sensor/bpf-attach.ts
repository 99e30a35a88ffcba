import { errorMessage } from '@firebreak/kernel'
import { LinuxError } from '../errors.ts'
import { attachRawTracepoint, attachSyscall, closeAll, createMap, loadProgram, MAP_TYPE } from './bpf.ts'
import { accessPrograms, memoryFileProgram } from './bpf-access-programs.ts'
import { datagramPrograms, writeProgram } from './bpf-datagram-programs.ts'
import {
  type BpfProgram,
  type ProgramMaps,
  REPEAT_KEY_SIZE_BYTES,
  SCRATCH_SIZE_BYTES,
  WORKPLACE,
  WORKPLACE_SIZE_BYTES,
} from './bpf-parts.ts'
import { processPrograms } from './bpf-programs.ts'
import { connectProgram, socketPrograms } from './bpf-socket-programs.ts'
import type { RunningKernel } from './kernel-offsets.ts'
import { COUNTER, RING_SIZE_BYTES } from './record-layout.ts'
import { readTracepointIds, type TracepointIds } from '../tracefs.ts'

/** Pairs of process and address of which the time of the last datagram is kept: about 400 KB of kernel memory. */
const REPEATS_COUNT_MAX = 4096

/** Threads within bind(2) at one moment. */
const BINDING_COUNT_MAX = 256

/** Programs that are of use together only. The sensor can do without any group. */
interface Group {
  readonly what: string
  readonly categories: readonly string[]
  readonly programs: readonly BpfProgram[]
}

/** Everything that a tier holds in the kernel. */
export interface AttachedPrograms {
  readonly maps: ProgramMaps
  /** Maps, programs and links: closing them ends it all. */
  readonly fds: readonly number[]
  /** Sigma's categories, and ours. */
  readonly categories: readonly string[]
  /** What is not watched, and why: one sentence each. */
  readonly limits: readonly string[]
}

/**
 * Loads and attaches all programs that this kernel takes: those on processes, or none; the others group by group.
 *
 * @param ids - of the tracepoints of system calls
 * @throws LinuxError linux/sensor-unavailable, having given everything back, when processes can't be watched
 */
export function attachPrograms(kernel: RunningKernel, ids = readTracepointIds()): AttachedPrograms {
  const fds: number[] = []
  try {
    const maps = createMaps(fds)
    const categories = ['process_creation']
    const limits: string[] = []
    attachAll(fds, processPrograms(kernel.process, maps), ids)
    for (const group of optionalGroups(kernel, maps)) {
      const reason = tryGroup(fds, group, ids)
      if (reason === null) categories.push(...group.categories)
      else limits.push(`Not watched: ${group.what} (${reason}).`)
    }
    return { maps, fds, categories: [...new Set(categories)], limits }
  } catch (error) {
    closeAll(fds)
    throw error
  }
}

function createMaps(fds: number[]): ProgramMaps {
  const keep = (fd: number): number => (fds.push(fd), fd)
  const { perCpuArray, lruHash, ringBuffer } = MAP_TYPE
  return {
    ring: keep(createMap(ringBuffer, 'fb_ring', 0, 0, RING_SIZE_BYTES)),
    scratch: keep(createMap(perCpuArray, 'fb_scratch', 4, SCRATCH_SIZE_BYTES, 1)),
    workplaces: keep(createMap(perCpuArray, 'fb_workplaces', 4, WORKPLACE_SIZE_BYTES, WORKPLACE.count)),
    counters: keep(createMap(perCpuArray, 'fb_counters', 4, 8, COUNTER.count)),
    repeats: keep(createMap(lruHash, 'fb_repeats', REPEAT_KEY_SIZE_BYTES, 8, REPEATS_COUNT_MAX)),
    binding: keep(createMap(lruHash, 'fb_binding', 8, 8, BINDING_COUNT_MAX)),
  }
}

function optionalGroups(kernel: RunningKernel, maps: ProgramMaps): readonly Group[] {
  const { process, network, sockets, access, call } = kernel
  const groups: Group[] = []
  if (network !== null) {
    const offsets = { ...process, ...network }
    groups.push({ what: 'outbound TCP', categories: ['network_connection'], programs: [connectProgram(offsets, maps)] })
    if (sockets !== null) {
      const all = { ...offsets, ...sockets }
      groups.push({
        what: 'accepted connections and bound addresses',
        categories: ['network_bind'],
        programs: socketPrograms(all, maps),
      })
      groups.push({ what: 'UDP and DNS', categories: ['dns_query'], programs: datagramPrograms(all, maps) })
      if (call !== null) {
        const what = 'datagrams sent by write(2) or io_uring'
        groups.push({ what, categories: [], programs: [writeProgram({ ...all, ...call }, maps)] })
      }
    }
  }
  if (access !== null) {
    groups.push({
      what: 'access to other processes',
      categories: ['process_access'],
      programs: accessPrograms({ ...process, ...access }, maps),
    })
  }
  groups.push({ what: 'memory files', categories: [], programs: [memoryFileProgram(process, maps)] })
  return groups
}

/** @returns why the group can't be attached, having taken back what was; null when it is */
function tryGroup(fds: number[], group: Group, ids: TracepointIds): string | null {
  const before = fds.length
  try {
    attachAll(fds, group.programs, ids)
    return null
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    closeAll(fds.splice(before))
    return errorMessage(error)
  }
}

function attachAll(fds: number[], programs: readonly BpfProgram[], ids: TracepointIds): void {
  for (const program of programs) {
    const loaded = loadProgram(program.attach, program.name, program.code)
    fds.push(loaded)
    fds.push(attachOne(program, loaded, ids))
  }
}

function attachOne(program: BpfProgram, loaded: number, ids: TracepointIds): number {
  if (program.attach === 'raw') return attachRawTracepoint(program.tracepoint, loaded)
  const id = ids[program.tracepoint]
  if (id !== undefined) return attachSyscall(program.tracepoint, id, loaded)
  const message = `Cannot attach to ${program.tracepoint}: there is no such tracepoint, or no tracefs that tells its number`
  throw new LinuxError('linux/sensor-unavailable', message)
}

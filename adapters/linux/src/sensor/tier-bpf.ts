import { readFileSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { attachRawTracepoint, closeAll, createMap, loadProgram, MAP_TYPE, sumCounter } from './bpf.ts'
import {
  type BpfProgram,
  networkProgram,
  processPrograms,
  type ProgramMaps,
  SCRATCH_SIZE_BYTES,
} from './bpf-programs.ts'
import { ImagePaths } from './image-paths.ts'
import { readKernelOffsets, type RunningKernel } from './kernel-offsets.ts'
import { RecordReader, type TaskRecord } from './kernel-records.ts'
import type { Observer } from './observer.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'
import { KIND } from './record-layout.ts'
import { drainRing, type MappedRing, mapRing } from './ring-buffer.ts'
import type { Tier } from './tier.ts'

/** About 3,000 process lifecycles: 600 ms of a busy host. Locked kernel memory, once per sensor. */
export const RING_SIZE_BYTES = 1024 * 1024

/** Between two drains: the longest that an event waits, and what keeps the cost at 3-4 µs per lifecycle. */
export const DRAIN_INTERVAL_MS = 20

/**
 * Tier 1: BPF programs on raw tracepoints write records into a ring buffer that a timer drains. Sees every exec with
 * its arguments as the kernel has them. Needs BTF and CAP_BPF with CAP_PERFMON; shares nothing with other sensors.
 *
 * @throws LinuxError linux/sensor-unavailable | linux/btf, having given everything back
 */
export function openBpfTier(observer: Observer): Tier {
  if (!available()) throw new LinuxError('linux/sensor-unavailable', 'Cannot use BPF: this is not Linux on x86-64')
  const cpus = possibleCpus()
  const tier = new RingTier(observer, attach(readKernelOffsets()), cpus)
  try {
    observer.learnRunning() // after attaching, so that nobody can start unseen in between
  } catch (error) {
    tier.release()
    throw error
  }
  return tier
}

/** What the connect program sees. */
const OUTBOUND = { protocol: 'tcp', initiated: true } as const

/** Everything that a tier holds in the kernel. */
interface Attached {
  readonly ring: MappedRing
  readonly maps: ProgramMaps
  readonly fds: readonly number[]
  readonly categories: readonly string[]
}

function attach(kernel: RunningKernel): Attached {
  const fds: number[] = []
  const keep = (fd: number): number => (fds.push(fd), fd)
  const start = (program: BpfProgram): void => {
    keep(attachRawTracepoint(program.tracepoint, keep(loadProgram(program.name, program.code))))
  }
  try {
    const maps = {
      ring: keep(createMap(MAP_TYPE.ringBuffer, 'fb_ring', 0, 0, RING_SIZE_BYTES)),
      scratch: keep(createMap(MAP_TYPE.perCpuArray, 'fb_scratch', 4, SCRATCH_SIZE_BYTES, 1)),
      drops: keep(createMap(MAP_TYPE.perCpuArray, 'fb_drops', 4, 8, 1)),
    }
    const categories = ['process_creation']
    for (const program of processPrograms(kernel.process, maps)) start(program)
    if (kernel.network !== null) {
      start(networkProgram(kernel.network, kernel.process, maps))
      categories.push('network_connection')
    }
    return { ring: mapRing(maps.ring, RING_SIZE_BYTES), maps, fds, categories }
  } catch (error) {
    closeAll(fds)
    throw error
  }
}

class RingTier implements Tier {
  readonly categories: readonly string[]
  readonly #observer: Observer
  readonly #attached: Attached
  readonly #cpus: number
  readonly #records: RecordReader
  readonly #images = new ImagePaths()
  readonly #timer: NodeJS.Timeout
  #droppedAtClose: number | null = null

  constructor(observer: Observer, attached: Attached, cpus: number) {
    this.categories = attached.categories
    this.#observer = observer
    this.#attached = attached
    this.#cpus = cpus
    this.#records = new RecordReader(attached.ring.memory.data)
    this.#timer = setInterval(() => this.#drain(), DRAIN_INTERVAL_MS)
  }

  dropped(): number {
    return this.#droppedAtClose ?? sumCounter(this.#attached.maps.drops, this.#cpus)
  }

  catchUp(): void {
    this.#drain()
  }

  close(): Promise<void> {
    if (this.#droppedAtClose === null) {
      this.#drain()
      this.release()
    }
    return Promise.resolve()
  }

  release(): void {
    clearInterval(this.#timer)
    this.#droppedAtClose = this.dropped()
    this.#attached.ring.unmap()
    closeAll(this.#attached.fds)
  }

  #drain(): void {
    this.#observer.startRound()
    drainRing(this.#attached.ring.memory, (_data, at) => this.#visit(at))
    this.#observer.flush()
  }

  #visit(at: number): void {
    const task = this.#records.task(at)
    switch (this.#records.kind(at)) {
      case KIND.fork:
        return this.#forked(task)
      case KIND.exec:
        return this.#executed(task, at)
      case KIND.exit:
        return this.#observer.table.end(task.pid, task.startTicks, task.bootMs)
      case KIND.connect:
        return this.#observer.connected(
          this.#processOf(task),
          { ...OUTBOUND, ...this.#records.endpoints(at) },
          task.bootMs,
        )
      default:
    }
  }

  /** A child runs its parent's program until it execs. */
  #forked(task: TaskRecord): void {
    const parent = this.#observer.table.find(task.parentPid, task.parentStartTicks)
    this.#observer.table.put({ ...task, program: parent?.program ?? UNKNOWN_PROGRAM }, task.bootMs)
  }

  #executed(task: TaskRecord, at: number): void {
    const text = this.#records.exec(at)
    const image = this.#images.resolve({ ...text, pid: task.pid })
    const process = { ...task, program: { ...text, image } }
    this.#observer.table.put(process, task.bootMs)
    this.#observer.created(process, task.bootMs)
  }

  #processOf(task: TaskRecord): Process {
    const { table } = this.#observer
    const known = table.find(task.pid, task.startTicks)?.program ?? this.#observer.learn(task.pid)?.program
    return { ...task, program: known ?? UNKNOWN_PROGRAM }
  }
}

/** Per-CPU maps have a value for every CPU that could ever be plugged in. */
function possibleCpus(): number {
  const text = readFileSync('/sys/devices/system/cpu/possible', 'utf8')
  return Math.max(...text.split(/[-,]/).map(Number)) + 1
}

import { readFileSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { closeAll, sumCounter } from './bpf.ts'
import { type AttachedPrograms, attachPrograms } from './bpf-attach.ts'
import { ImagePaths } from './image-paths.ts'
import { readKernelOffsets, type RunningKernel } from './kernel-offsets.ts'
import { RecordReader, type TaskRecord } from './kernel-records.ts'
import { NetworkRecords } from './network-records.ts'
import type { Observer } from './observer.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'
import { COUNTER, KIND, RING_SIZE_BYTES } from './record-layout.ts'
import { drainRing, type MappedRing, mapRing } from './ring-buffer.ts'
import type { Tier } from './tier.ts'

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

interface Attached extends AttachedPrograms {
  readonly ring: MappedRing
}

function attach(kernel: RunningKernel): Attached {
  const programs = attachPrograms(kernel)
  try {
    return { ...programs, ring: mapRing(programs.maps.ring, RING_SIZE_BYTES) }
  } catch (error) {
    closeAll(programs.fds)
    throw error
  }
}

class RingTier implements Tier {
  readonly categories: readonly string[]
  readonly #observer: Observer
  readonly #attached: Attached
  readonly #cpus: number
  readonly #records: RecordReader
  readonly #network: NetworkRecords
  readonly #images = new ImagePaths()
  readonly #timer: NodeJS.Timeout
  #droppedAtClose: number | null = null

  constructor(observer: Observer, attached: Attached, cpus: number) {
    this.categories = attached.categories
    this.#observer = observer
    this.#attached = attached
    this.#cpus = cpus
    this.#records = new RecordReader(attached.ring.memory.data)
    this.#network = new NetworkRecords(attached.ring.memory.data)
    this.#timer = setInterval(() => this.#drain(), DRAIN_INTERVAL_MS)
  }

  dropped(): number {
    if (this.#droppedAtClose !== null) return this.#droppedAtClose
    const { counters } = this.#attached.maps
    return sumCounter(counters, COUNTER.dropped0, this.#cpus) + sumCounter(counters, COUNTER.dropped1, this.#cpus)
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
      default:
        this.#network.report(this.#observer, this.#records.kind(at), at, this.#processOf(task), task.bootMs)
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

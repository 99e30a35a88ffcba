import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { closeAll, sumCounter } from './bpf.ts'
import { type AttachedPrograms, attachPrograms } from './bpf-attach.ts'
import { Containers } from './containers.ts'
import { possibleCpuCount } from './cpus.ts'
import { ImagePaths } from './image-paths.ts'
import { readKernelOffsets } from './kernel-offsets.ts'
import { RecordReader } from './kernel-records.ts'
import { NetworkRecords } from './network-records.ts'
import type { Observer } from './observer.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'
import { COUNTER, KIND, RING_SIZE_BYTES } from './record-layout.ts'
import { drainRing, type MappedRing, mapRing } from './ring-buffer.ts'
import type { Drops, Tier } from './tier.ts'

/**
 * Between two drains: the longest that an event waits, and what keeps the cost low. A wake-up costs as much as 30
 * processes here, and as much again in the supervisor and the engine.
 */
const DRAIN_INTERVAL_MS = 200

/**
 * Tier 1: BPF programs on tracepoints write records into a ring buffer that a timer drains. Sees every exec with its
 * arguments as the kernel has them. Needs BTF and CAP_BPF with CAP_PERFMON; shares nothing with other sensors.
 *
 * @throws LinuxError linux/sensor-unavailable | linux/btf, having given everything back
 */
export function openBpfTier(observer: Observer): Tier {
  if (!available())
    throw new LinuxError('linux/sensor-unavailable', 'Cannot use BPF: this is not Linux on x86-64 or arm64')
  const cpus = possibleCpuCount()
  const attached = attachPrograms(readKernelOffsets())
  let ring: MappedRing | null = null
  try {
    ring = mapRing(attached.maps.ring, RING_SIZE_BYTES)
    observer.learnRunning() // after attaching, so that nobody can start unseen in between
    return new RingTier(observer, attached, ring, cpus)
  } catch (error) {
    ring?.unmap()
    closeAll(attached.fds)
    throw error
  }
}

class RingTier implements Tier {
  readonly categories: readonly string[]
  readonly limits: readonly string[]
  readonly #observer: Observer
  readonly #attached: AttachedPrograms
  readonly #ring: MappedRing
  readonly #cpus: number
  readonly #records: RecordReader
  readonly #network: NetworkRecords
  readonly #images = new ImagePaths()
  readonly #containers = new Containers()
  readonly #timer: NodeJS.Timeout
  readonly #visitOne = (_data: Uint8Array, at: number): void => this.#visit(at)
  #droppedAtClose: Drops | null = null

  constructor(observer: Observer, attached: AttachedPrograms, ring: MappedRing, cpus: number) {
    this.categories = attached.categories
    this.limits = attached.limits
    this.#observer = observer
    this.#attached = attached
    this.#ring = ring
    this.#cpus = cpus
    this.#records = new RecordReader(ring.memory.data)
    this.#network = new NetworkRecords(ring.memory.data)
    this.#timer = setInterval(() => this.#drain(), DRAIN_INTERVAL_MS)
  }

  dropped(): Drops {
    if (this.#droppedAtClose !== null) return this.#droppedAtClose
    const of = (counter: number): number => sumCounter(this.#attached.maps.counters, counter, this.#cpus)
    return [of(COUNTER.dropped0), of(COUNTER.dropped1), 0]
  }

  close(): Promise<void> {
    if (this.#droppedAtClose === null) {
      clearInterval(this.#timer)
      this.#drain()
      this.#droppedAtClose = this.dropped()
      this.#ring.unmap()
      closeAll(this.#attached.fds)
    }
    return Promise.resolve()
  }

  catchUp(): void {
    this.#observer.startRound()
    drainRing(this.#ring.memory, this.#visitOne)
  }

  #drain(): void {
    this.catchUp()
    this.#observer.flush()
  }

  #visit(at: number): void {
    const records = this.#records
    switch (records.kind(at)) {
      case KIND.fork:
        return this.#forked(at)
      case KIND.exec:
        return this.#executed(at)
      case KIND.exit:
        return this.#observer.table.end(records.pid(at), records.startTicks(at), records.bootMs(at))
      default:
        return this.#acted(at)
    }
  }

  /** A child runs its parent's program, in its container, until it execs. */
  #forked(at: number): void {
    const records = this.#records
    const parent = this.#observer.table.find(records.parentPid(at), records.parentStartTicks(at))
    const process = records.process(at, null, parent?.program ?? UNKNOWN_PROGRAM, parent?.container ?? null)
    this.#observer.table.put(process, records.bootMs(at))
  }

  #executed(at: number): void {
    const records = this.#records
    const pid = records.pid(at)
    const bootMs = records.bootMs(at)
    const file = records.executable(at)
    const { commandLine, name, currentDirectory, inode, device } = file
    const image = this.#images.resolve(file, pid)
    const before = this.#observer.table.find(pid, records.startTicks(at))
    const container = this.#containers.of(records.cgroup(at), pid, before?.container ?? null, bootMs)
    const process = records.process(
      at,
      before,
      { image, commandLine, name, currentDirectory, inode, device },
      container,
    )
    this.#observer.table.put(process, bootMs)
    this.#observer.created(process, bootMs)
  }

  #acted(at: number): void {
    const records = this.#records
    this.#network.report(this.#observer, records.kind(at), at, this.#processOf(at), records.bootMs(at))
  }

  #processOf(at: number): Process {
    const records = this.#records
    const pid = records.pid(at)
    const known = this.#observer.table.find(pid, records.startTicks(at)) ?? this.#observer.learn(pid)
    return records.process(at, known, known?.program ?? UNKNOWN_PROGRAM, known?.container ?? null)
  }
}

import { errorMessage, type WallMs } from '@firebreak/kernel'
import { LinuxError } from '../errors.ts'
import type { FileLosses } from '../fanotify/file-watcher.ts'
import { FILE_CATEGORIES, type FileOptions, openFileEvents } from './file-events.ts'
import type { SensedBatch } from './event-writer.ts'
import { type HashLosses, ImageHashes } from './image-hashes.ts'
import { Observer } from './observer.ts'
import { type Drops, SENSOR_TIERS, type SensorTier, type Tier } from './tier.ts'
import { probeAudit } from './audit-session.ts'
import { openAuditTier } from './tier-audit.ts'
import { openBpfTier } from './tier-bpf.ts'
import { openProcConnectorTier } from './tier-proc-connector.ts'
import { openProcPollTier } from './tier-proc-poll.ts'
import { openTracefsTier, type TracefsOptions } from './tier-tracefs.ts'

export interface SensorOptions extends TracefsOptions {
  /** Only this tier, or an error. Without it: the best one that works here. */
  readonly tier?: SensorTier
  /** Which files to watch beside it, if this user may; null: none. */
  readonly files?: FileOptions | null
  /** At most BATCH_COUNT_MAX events of one rank, in the order in which they happened, as a record batch. Must not throw. */
  onBatch(batch: SensedBatch): void
  now(): WallMs
}

export interface SensorInfo {
  readonly tier: SensorTier
  /** Sigma categories that are delivered. */
  readonly categories: readonly string[]
  /** Why this tier and not a better one, and which files are not watched. */
  readonly reason: string
}

export interface SensorStats {
  readonly events: number
  readonly dropped: Drops
  /** Entries in the process table. */
  readonly processes: number
  /** Of `dropped`: what was lost of files; null when none are watched. */
  readonly files: FileLosses | null
  /** Digests that were asked for and could not be given. */
  readonly hashes: HashLosses
}

export interface Sensor {
  readonly info: SensorInfo
  /** Events that the kernel's queues lost since the start, as far as the tier can know. */
  dropped(): Drops
  stats(): SensorStats
  /** From now on fills in these of the fields that are filled in on request: `Hashes`. Others are none of its. */
  want(fields: readonly string[]): void
  /** Delivers what is still to be read, then gives every descriptor, mapping and program back. */
  close(): Promise<void>
}

/** Whether a tier works here, and if not, why: one sentence. */
export interface TierProbe {
  readonly tier: SensorTier
  readonly available: boolean
  readonly reason: string
}

/** What a report of a sensor has room for. */
const REASON_CHARS_MAX = 1024

type OpenTier = (observer: Observer, options: SensorOptions) => Tier | Promise<Tier>

const OPENERS: Readonly<Record<SensorTier, OpenTier>> = {
  ebpf: openBpfTier,
  tracefs: openTracefsTier,
  audit: openAuditTier,
  'proc-connector': openProcConnectorTier,
  'proc-poll': openProcPollTier,
}

const WORKS: Readonly<Record<SensorTier, string>> = {
  ebpf: 'The kernel accepts our programs: every process start is seen, with its arguments.',
  tracefs: 'The kernel traces every process start for us; arguments are missing where a process ends at once.',
  audit: 'The kernel audits every process start for us, with its arguments.',
  'proc-connector': 'The kernel announces every process start; arguments are missing where a process ends at once.',
  'proc-poll': 'Needs no privilege, and misses processes that live shorter than 50 ms.',
}

/**
 * Starts to watch this host with the best tier that works, or with `options.tier` only.
 *
 * @throws LinuxError linux/sensor-unavailable | linux/btf when no tier, or not the one asked for, works here
 */
export async function openSensor(options: SensorOptions): Promise<Sensor> {
  const failures: string[] = []
  for (const tier of options.tier === undefined ? SENSOR_TIERS : [options.tier]) {
    try {
      const observer = new Observer(options)
      return running(tier, await OPENERS[tier](observer, options), observer, failures, options)
    } catch (error) {
      if (options.tier !== undefined || !(error instanceof LinuxError)) throw error
      failures.push(`${tier}: ${errorMessage(error)}`)
    }
  }
  throw new LinuxError('linux/sensor-unavailable', `Cannot watch this host: ${failures.join('; ')}`)
}

/** Tries each tier for a moment and leaves nothing behind. Of audit, which leaves something, only the state is asked. */
export async function probeSensorTiers(): Promise<readonly TierProbe[]> {
  const probes: TierProbe[] = []
  for (const tier of SENSOR_TIERS) {
    try {
      if (tier === 'audit') probeAudit()
      else await tryTier(tier)
      probes.push({ tier, available: true, reason: WORKS[tier] })
    } catch (error) {
      if (!(error instanceof LinuxError)) throw error
      probes.push({ tier, available: false, reason: errorMessage(error) })
    }
  }
  return probes
}

async function tryTier(tier: SensorTier): Promise<void> {
  const sensor = await openSensor({ tier, files: null, onBatch: () => {}, now: () => 0 })
  await sensor.close()
}

function running(
  name: SensorTier,
  tier: Tier,
  observer: Observer,
  failures: readonly string[],
  options: SensorOptions,
): Sensor {
  const { files, about } = watchFiles(tier, observer, options)
  const hashes = new ImageHashes()
  const better = failures.length === 0 ? '' : ` Better tiers: ${failures.join('; ')}.`
  const reason = [WORKS[name] + better, ...(tier.limits ?? [])].join(' ') + about
  const categories = files === null ? tier.categories : [...tier.categories, ...FILE_CATEGORIES]
  const dropped = (): Drops => {
    const [process, activity, file] = tier.dropped()
    return [process, activity, file + (files === null ? 0 : sum(files.losses()))]
  }
  return {
    info: { tier: name, categories, reason: reason.slice(0, REASON_CHARS_MAX) },
    dropped,
    stats: () => ({
      events: observer.events,
      dropped: dropped(),
      processes: observer.table.size,
      files: files?.losses() ?? null,
      hashes: hashes.losses(),
    }),
    want: (fields) => observer.useHashes(fields.includes('Hashes') ? (program) => hashes.of(program) : () => null),
    async close() {
      files?.close()
      await tier.close()
      observer.flush() // not every tier has a last round
    },
  }
}

/** Files are watched beside every tier; where they can't be, the tier goes on without them and says so. */
function watchFiles(tier: Tier, observer: Observer, { files = {} }: SensorOptions) {
  if (files === null) return { files: null, about: '' }
  try {
    const catchUp = () => (tier.catchUp ? tier.catchUp() : observer.startRound())
    const watching = openFileEvents(observer, files, catchUp)
    const unwatched = watching.unwatched()
    return { files: watching, about: unwatched.length === 0 ? '' : ` Files not watched: ${unwatched.join(', ')}.` }
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    return { files: null, about: ` ${errorMessage(error)}.` }
  }
}

function sum({ overflows, shed, unnamed }: FileLosses): number {
  return overflows + shed + unnamed
}

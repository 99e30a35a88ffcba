import { integer, malformed, object, parseJson, type Reader } from '@firebreak/kernel'

/** Events lost, by rank: processes, network and access, files. */
export type DropsByRank = readonly [process: number, activity: number, file: number]

/** Where a sensor lost events before they reached the supervisor. */
export interface SensorDrops {
  /** The kernel's queues: the sensor came too late. */
  readonly kernel: DropsByRank
  /** The sensor's own queue: the supervisor came too late. */
  readonly queue: DropsByRank
}

export const NO_DROPS: SensorDrops = { kernel: [0, 0, 0], queue: [0, 0, 0] }

const STATUS_SIZE_BYTES_MAX = 1024

const count = integer(0, Number.MAX_SAFE_INTEGER)
const byRank: Reader<DropsByRank> = (value, at) => {
  if (!Array.isArray(value) || value.length !== 3) throw malformed(at, 'a count for each of the three ranks', value)
  return [count(value[0], `${at}[0]`), count(value[1], `${at}[1]`), count(value[2], `${at}[2]`)]
}
const status = object({ dropped: object<SensorDrops>({ kernel: byRank, queue: byRank }) })

/**
 * @param payload - of a SENSOR_STATUS frame
 * @throws KernelError kernel/malformed
 */
export function readSensorStatus(payload: Uint8Array): SensorDrops {
  return status(parseJson(payload, STATUS_SIZE_BYTES_MAX, 'the sensor’s status'), 'status').dropped
}

export function addDrops(one: SensorDrops, other: SensorDrops): SensorDrops {
  return { kernel: addRanks(one.kernel, other.kernel), queue: addRanks(one.queue, other.queue) }
}

export function sumDrops(drops: DropsByRank): number {
  return drops[0] + drops[1] + drops[2]
}

function addRanks(one: DropsByRank, other: DropsByRank): DropsByRank {
  return [one[0] + other[0], one[1] + other[1], one[2] + other[2]]
}

import { assert, type WallMs } from '@firebreak/kernel'

/** Times of hosts are held as whole ticks since the table's epoch: 32 bits last for 8.5 years. */
const TICKS_PER_S = 16
const MS_PER_S = 1_000
const MS_PER_HOUR = 3_600_000
const TICKS_MAX = 0xffff_ffff
const TICKS_PER_HOUR = 57_600
const HOURS_MAX = 0xffff

/**
 * Wall time as ticks, and back. What is before the epoch counts as the epoch. That is a whole hour, so that hours begin at the same moment
 * for a server and for the one that takes over from it.
 */
export class TimeScale {
  readonly epochMs: WallMs

  constructor(epochMs: WallMs) {
    this.epochMs = epochMs - (epochMs % MS_PER_HOUR)
  }

  /** When something was heard: rounded up, so that nobody is called silent a moment early. */
  heardAt(ms: WallMs): number {
    return within(Math.ceil(ticksOf(ms - this.epochMs)))
  }

  /** What time it is: rounded down, for the same reason. */
  now(ms: WallMs): number {
    return within(Math.floor(ticksOf(ms - this.epochMs)))
  }

  ms(ticks: number): WallMs {
    return this.epochMs + durationMs(ticks)
  }
}

export function durationMs(ticks: number): number {
  return (ticks * MS_PER_S) / TICKS_PER_S
}

export function durationTicks(ms: number): number {
  return Math.min(TICKS_MAX, Math.ceil(ticksOf(ms)))
}

/** The first whole hour that is not before it, from 1, so that 0 can mean never. 16 bits last for 7.4 years. */
export function hourAfter(ticks: number): number {
  return Math.min(HOURS_MAX, Math.ceil(ticks / TICKS_PER_HOUR) + 1)
}

export function ticksOfHour(hour: number): number {
  return (hour - 1) * TICKS_PER_HOUR
}

/** Whole when the time is: a product with 0.016 would not be. */
function ticksOf(ms: number): number {
  return (ms * TICKS_PER_S) / MS_PER_S
}

function within(ticks: number): number {
  assert(ticks <= TICKS_MAX, 'the epoch of the fleet table is more than 8.5 years ago')
  // A whole number to the compiler as well: else each beacon would leave one on the heap.
  return Math.max(0, ticks) >>> 0
}

import { readFileSync } from 'node:fs'
import { available } from './platform.ts'
import { SYS } from './sandbox/syscall-numbers.ts'
import { trySyscall } from './syscalls.ts'

const CLOCK_BOOTTIME = 7

/** The clock that kernel records and process start times use: it runs on while the machine sleeps. */
export function bootTimeMs(): number {
  const time = new BigInt64Array(2)
  if (available() && trySyscall(SYS.clock_gettime, CLOCK_BOOTTIME, new Uint8Array(time.buffer)) === 0) {
    return Number(time[0]) * 1000 + Number(time[1]) / 1_000_000
  }
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000
}

import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * What is not read in time is lost, and the kernel waits for nobody; so the sensor goes before ordinary work: beside any
 * number of busy processes it gets the three-fold share of one. It needs 1 % of a CPU at a thousand events a second.
 */
export const SENSOR_NICENESS = -5

/**
 * For a process that has just been started, before it has threads: they all have its priority then. Where the kernel
 * groups processes by session, it is the group's priority that counts. (In a control group of its own it is that one's
 * weight, which is for its service manager to set.)
 *
 * @see sched(7), "The autogroup feature"
 */
export function preferSensor(pid: number): void {
  try {
    setPriority(pid, SENSOR_NICENESS)
    const group = `/proc/${pid}/autogroup`
    if (existsSync(group)) writeFileSync(group, String(SENSOR_NICENESS))
  } catch {
    // Not root, or it has gone: it does without.
  }
}

import { readSandboxReport } from './confined.ts'
import { sealFilter } from './filters.ts'
import { installFilter } from './seccomp.ts'

/**
 * Call it when the sensor sees: from here on it can ask its kernel programs for their counters, and load, attach or
 * open no other one. Who takes over the sensor later, by a bug in reading what the kernel says, doesn't get the kernel with it.
 * Does nothing in a process that the launcher did not prepare.
 *
 * @returns whether it is in force, on every thread
 */
export function sealSensor(): boolean {
  if (!readSandboxReport()?.active.includes('seccomp')) return false
  return installFilter(sealFilter(), 'all-threads') === null
}

import { readFileSync } from 'node:fs'
import process from 'node:process'

/**
 * Names of what a sensor leaves in the kernel say whose it is, by pid and start time: whoever starts next can tell the
 * dead's from the living's.
 */
export function ownerName(): string {
  return `firebreak-${process.pid}-${startTicks(process.pid)}`
}

const OWNED = /^firebreak-(\d{1,10})-(\d{1,18})-/

/** @param name - starts with an `ownerName`, else it is not ours and no leftover */
export function isLeftover(name: string): boolean {
  const [, pid, start] = OWNED.exec(name) ?? []
  return pid !== undefined && startTicks(Number(pid)) !== Number(start)
}

/** Field 22 of /proc/PID/stat; the name before it, in parentheses, may hold anything. */
const START_FIELD = 19

function startTicks(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[START_FIELD])
  } catch {
    return null
  }
}

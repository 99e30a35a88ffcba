import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { ByteText } from './byte-text.ts'
import { parseStat } from './proc-files.ts'

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

function startTicks(pid: number): number | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1') as ByteText)?.startTicks ?? null
  } catch {
    return null
  }
}

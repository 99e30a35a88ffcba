import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

/** Of the fields of /proc/PID/stat after the command, proc(5): 3, the state, and 22, the time of the start. */
const STATE_FIELD = 0
const START_TIME_FIELD = 19
/** Dead already, and not yet collected by their parent. */
const DEAD_STATES = 'ZXx'

/**
 * A name for this process that no other ever has: boot, namespace of process ids, process id, time of its start, and chance for where
 * there is no /proc.
 */
export function nameOfHolder(): string {
  const chance = randomBytes(6).toString('hex')
  return [...(whereabouts() ?? ['-', '-']), process.pid, startOf(process.pid) ?? '-', chance].join(' ')
}

/**
 * Whether a holder is known to be dead, so that whoever starts after a crash need not wait for its lease to end. Known only of
 * processes that this one could see. Being wrong would cost time, not safety: that rests on the token.
 */
export function isGone(holder: string): boolean {
  const [boot, namespace, pid, start] = holder.split(' ')
  const here = whereabouts()
  if (here === null || boot !== here[0] || namespace !== here[1]) return false
  return startOf(Number(pid)) !== start
}

function whereabouts(): readonly [boot: string, namespace: string] | null {
  try {
    return [readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), readlinkSync('/proc/self/ns/pid')]
  } catch {
    return null
  }
}

/** In clock ticks since the boot; null: no such process is alive, or there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command is in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return DEAD_STATES.includes(fields[STATE_FIELD] ?? '') ? null : (fields[START_TIME_FIELD] ?? null)
  } catch {
    return null
  }
}

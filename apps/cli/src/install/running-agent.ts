import { readFile, readlink } from 'node:fs/promises'

/** The pid in the lock of an agent's folder, if that very process lives; see apps/agent/src/lock.ts. */
export async function runningAgent(lock: string): Promise<number | null> {
  const holder = await readlink(lock).catch(() => '')
  const [pid = '', startTime] = holder.split(' ')
  if (!/^\d+$/.test(pid)) return null
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state !== 'Z' && state !== 'X' && rest[18] === startTime ? Number(pid) : null
  } catch {
    return null
  }
}

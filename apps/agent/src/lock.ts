import { readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { isErrno } from '@firebreak/durable-fs'
import { FirebreakError } from '@firebreak/kernel'

export type AgentErrorCode = 'agent/already-running' | 'agent/usage' // a word that is missing, a folder that nobody has prepared
export class AgentError extends FirebreakError<AgentErrorCode> {}

/**
 * One agent for a data folder. The lock is a symbolic link that points nowhere: made and filled in one step, also on a full disk. It
 * names the process by pid and start time, so that one which was killed, or whose pid was given to somebody else, holds
 * nothing.
 *
 * @throws AgentError agent/already-running
 */
export async function takeLock(path: string): Promise<void> {
  const mine = (await identity(process.pid)) ?? `${process.pid} ?`
  while (!(await link(mine, path))) {
    const holder = await readlink(path).catch(() => '')
    if (await isAlive(holder)) throw alreadyRunning(holder)
    await removeStale(path, holder)
  }
}

async function link(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** Moved away before it is removed: another agent may have taken the lock since we looked. */
async function removeStale(path: string, holder: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => {}) // somebody else was quicker
  const moved = await readlink(aside).catch(() => holder)
  await rm(aside, { force: true })
  if (moved === holder) return
  await link(moved, path)
  throw alreadyRunning(moved)
}

function alreadyRunning(holder: string): AgentError {
  const [pid = ''] = holder.split(' ', 1)
  return new AgentError('agent/already-running', `Cannot start: process ${pid} already runs the agent of this folder`)
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid = ''] = holder.split(' ', 1)
  return /^\d+$/.test(pid) && (await identity(Number(pid))) === holder
}

/** `PID STARTTIME`, or null when there is no such process. */
async function identity(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? null : `${pid} ${rest[18]}`
  } catch {
    return null
  }
}

import { readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { isErrno } from '@firebreak/durable-fs'
import { FirebreakError } from '@firebreak/kernel'

export type AgentErrorCode = 'agent/already-running' | 'agent/usage' // a word that is missing, a folder that nobody has prepared
export class AgentError extends FirebreakError<AgentErrorCode> {}

/**
 * One agent for a data folder. The lock is a symbolic link that points nowhere: made and filled in one step, also on a full disk. It
 * names the process by pid and start time, so that one which was killed, or whose pid was given to somebody else, holds
 * nothing. Only one process at a time may replace such a stale lock: the one that holds the lock for that.
 *
 * @throws AgentError agent/already-running
 */
export async function takeLock(path: string): Promise<void> {
  const mine = (await identity(process.pid)) ?? `${process.pid} ?`
  if (await link(mine, path)) return
  await refuseIfHeld(path)
  const turn = `${path}.turn`
  await takeLock(turn) // should that one be stale as well, it is a lock like this
  try {
    const stale = await refuseIfHeld(path)
    if (stale === '') return await takeLock(path) // given back meanwhile
    const temporary = `${path}.${process.pid}`
    await rm(temporary, { force: true })
    await symlink(mine, temporary)
    await rename(temporary, path)
  } finally {
    await rm(turn, { force: true })
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

/** @returns the holder that is no more, '' when there is none */
async function refuseIfHeld(path: string): Promise<string> {
  const holder = await readlink(path).catch(() => '')
  if (!(await isAlive(holder))) return holder
  const [pid = ''] = holder.split(' ', 1)
  throw new AgentError('agent/already-running', `Cannot start: process ${pid} already runs the agent of this folder`)
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

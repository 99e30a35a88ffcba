import { readFile } from 'node:fs/promises'
import { writeDurable } from '@firebreak/durable-fs'
import { FirebreakError, utf8Encode } from '@firebreak/kernel'

export type AgentErrorCode = 'agent/already-running'
export class AgentError extends FirebreakError<AgentErrorCode> {}

/**
 * One agent for a data folder. The lock names the process by pid and start time, so that one which was killed, or whose pid was
 * given to somebody else, holds nothing.
 *
 * @throws AgentError agent/already-running
 */
export async function takeLock(path: string): Promise<void> {
  const mine = await identity(process.pid)
  const holder = await readFile(path, 'utf8').catch(() => '')
  const [pid = ''] = holder.split(' ', 1)
  if (holder !== '' && holder !== mine && (await identity(Number(pid))) === holder) {
    throw new AgentError('agent/already-running', `Cannot start: process ${pid} already runs the agent of this folder`)
  }
  await writeDurable(path, utf8Encode(mine ?? `${process.pid} ?`))
}

/** `PID STARTTIME`, or null when there is no such process. */
async function identity(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${pid} ${afterName[19]}`
  } catch {
    return null
  }
}

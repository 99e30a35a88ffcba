import { rm, rmdir, unlink } from 'node:fs/promises'
import { durableError, isErrno, readDurable } from '@firebreak/durable-fs'
import { removeSensorLeftovers } from '@firebreak/linux/sensor'
import { CliError } from '../errors.ts'
import { SYSTEM, within } from './places.ts'
import { type MadeThing, parseInstallRecord, RECORD_SIZE_BYTES_MAX } from './record.ts'
import { runningAgent } from './running-agent.ts'
import { reloadSystemd } from './systemd.ts'

export interface Uninstalled {
  readonly removed: readonly string[]
  /** Folders that were made by the installation and hold somebody else's files now. */
  readonly kept: readonly string[]
}

/**
 * Takes away what the installation wrote down that it made, and the agent's own folder with all that the agent kept there. Never anything
 * else. May be interrupted and run again: the record goes last.
 *
 * @throws CliError cli/usage: nothing is installed, or the agent runs
 * @throws DurableError
 */
export async function uninstallSystem(sysroot: string): Promise<Uninstalled> {
  const data = within(sysroot, SYSTEM.data)
  const bytes = await readDurable(`${data}/install.json`, RECORD_SIZE_BYTES_MAX)
  if (!bytes)
    throw new CliError(
      'cli/usage',
      `Cannot uninstall: ${data} holds no record of an installation; an agent without --system is its folder alone`,
    )
  const { made } = parseInstallRecord(bytes)
  const pid = await runningAgent(`${data}/agent.lock`)
  if (pid !== null) {
    const message = `Cannot uninstall: the agent runs as process ${pid}; stop it first (firebreak agent stop --data ${data})`
    throw new CliError('cli/usage', message, { pid })
  }
  try {
    const inData = ({ path }: MadeThing) => SYSTEM.data.startsWith(path) // it or a folder above it
    const outside = await takeAway(
      sysroot,
      made.toReversed().filter((thing) => !inData(thing)),
    )
    await reloadSystemd(sysroot)
    if (sysroot === '/') await removeSensorLeftovers() // without audit, or the right to it, there is nothing of ours
    await rm(data, { recursive: true, force: true })
    const above = await takeAway(
      sysroot,
      made.toReversed().filter((thing) => inData(thing) && thing.path !== SYSTEM.data),
    )
    return {
      removed: [...outside.removed, SYSTEM.data, ...above.removed],
      kept: [...outside.kept, ...above.kept],
    }
  } catch (error) {
    throw error instanceof CliError ? error : durableError(`uninstall from ${sysroot}`, error)
  }
}

async function takeAway(sysroot: string, things: readonly MadeThing[]): Promise<Uninstalled> {
  const removed: string[] = []
  const kept: string[] = []
  for (const { kind, path } of things) {
    try {
      if (kind === 'folder') await rmdir(within(sysroot, path))
      else await unlink(within(sysroot, path))
      removed.push(path)
    } catch (error) {
      if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST')) kept.push(path)
      else if (!isErrno(error, 'ENOENT')) throw error
    }
  }
  return { removed, kept }
}

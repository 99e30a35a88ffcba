import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LinuxError } from '../errors.ts'
import { TRACEFS_MOUNT_POINTS } from './mount-points.ts'
import { isLeftover, ownerName } from './owner.ts'
import { TRACE_EVENT_NAMES } from './trace-events.ts'

/** Of each CPU: about 8,000 process lifecycles. Locked kernel memory. */
export const TRACE_BUFFER_KB = 2048

let instances = 0

/**
 * Prepares a trace buffer of our own, with the events switched on that the tier reads. It touches nothing of the buffer
 * that administrators use. This needs files to be written, which the confined sensor may not: its supervisor calls
 * this for it, and removes the instance when the sensor has ended. No FFI.
 *
 * Asynchronous, because the kernel takes 30 to 50 ms for each of the two, and the supervisor has other things to do. The
 * name says who owns it, by pid and start time, so that whoever starts next can clear away what the dead left.
 *
 * @returns the folder
 * @throws LinuxError linux/sensor-unavailable, leaving nothing behind
 */
export async function createTraceInstance(): Promise<string> {
  const root = TRACEFS_MOUNT_POINTS.find((path) => existsSync(join(path, 'instances')))
  if (root === undefined) {
    throw unavailable('no tracefs is mounted or readable; as root: mount -t tracefs tracefs /sys/kernel/tracing')
  }
  const folder = join(root, 'instances', `${ownerName()}-${++instances}`)
  try {
    await removeTraceLeftovers()
    await mkdir(folder)
  } catch (cause) {
    throw unavailable(`no instance can be made (${codeOf(cause)})`)
  }
  try {
    const settings = [
      ['trace_clock', 'boot'], // as process start times
      ['options/overwrite', '0'], // a full buffer loses what is new, and counts it
      ['buffer_size_kb', String(TRACE_BUFFER_KB)],
      ...TRACE_EVENT_NAMES.map((name) => [`events/${name}/enable`, '1'] as const),
    ] as const
    for (const [file, value] of settings) await write(folder, file, value)
    return folder
  } catch (error) {
    await removeTraceInstance(folder)
    throw error
  }
}

/** Stops its events and gives its memory back. Nobody may have one of its files open any more. */
export async function removeTraceInstance(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw unavailable(`${folder} can not be removed (${codeOf(cause)})`)
  }
}

/** Removes the instances of processes that are gone. @returns how many */
export async function removeTraceLeftovers(): Promise<number> {
  let removed = 0
  for (const root of TRACEFS_MOUNT_POINTS) {
    for (const name of namesIn(join(root, 'instances'))) {
      if (!isLeftover(name)) continue
      if (await isRemoved(join(root, 'instances', name))) removed++
    }
  }
  return removed
}

/** The kernel may still be closing the files of whoever died: then the next start removes it. */
async function isRemoved(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch {
    return false
  }
}

async function write(folder: string, file: string, value: string): Promise<void> {
  try {
    await writeFile(join(folder, file), value)
  } catch (cause) {
    throw unavailable(`this kernel refuses ${file} (${codeOf(cause)})`)
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // not mounted there
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}

function unavailable(reason: string): LinuxError {
  return new LinuxError('linux/sensor-unavailable', `Cannot trace: ${reason}`)
}

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import type { ByteText } from './byte-text.ts'
import { containerOfProcess } from './container-name.ts'
import type { Process } from './process-table.ts'

/** Reads /proc. Every file may vanish between two reads; whatever is missing is null, never guessed. */

/** A longer command line is cut: the kernel lets one be megabytes long. */
export const COMMAND_LINE_BYTES_MAX = 4095

const DELETED = ' (deleted)'

export interface ProcStat {
  readonly name: ByteText
  readonly parentPid: number
  readonly startTicks: number
}

/** @returns null unless this is the text of a /proc/PID/stat. The name is attacker-controlled: it may hold ") R 1". */
export function parseStat(text: ByteText): ProcStat | null {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return null
  const rest = text.slice(close + 2).split(' ')
  const parentPid = Number(rest[1])
  const startTicks = Number(rest[19])
  if (!Number.isSafeInteger(parentPid) || !Number.isSafeInteger(startTicks)) return null
  return { name: text.slice(open + 1, close) as ByteText, parentPid, startTicks }
}

/** @returns the real uid and gid out of the text of a /proc/PID/status */
export function parseIds(text: string): { readonly uid: number | null; readonly gid: number | null } {
  const id = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\t(\\d+)`, 'm').exec(text)
    return match === null ? null : Number(match[1])
  }
  return { uid: id('Uid'), gid: id('Gid') }
}

/**
 * @param text - of a /proc/PID/cmdline
 * @returns argv joined by spaces; null when empty: a kernel thread, or a process that has just ended
 */
export function joinArguments(text: ByteText): ByteText | null {
  if (text === '') return null
  const cut = text.slice(0, COMMAND_LINE_BYTES_MAX)
  return (cut.endsWith('\0') ? cut.slice(0, -1) : cut).replaceAll('\0', ' ') as ByteText
}

/** @throws LinuxError linux/sensor-unavailable without a /proc */
export function listPids(): readonly number[] {
  const names = attempt(() => readdirSync('/proc'))
  if (names === null) throw new LinuxError('linux/sensor-unavailable', 'Cannot list processes: /proc is not readable')
  return names.map(Number).filter((pid) => pid > 0)
}

export function readStat(pid: number): ProcStat | null {
  const text = readText(pid, 'stat')
  return text === null ? null : parseStat(text)
}

/**
 * Reads what goes first, first: the command line is there until the process ends, its start until it is reaped.
 *
 * @returns null when nothing was there any more. Single members are null where this user may not look, and startTicks
 *   is null when the process went away in the middle.
 */
export function readProcess(pid: number): Process | null {
  const commandLine = joinArguments(readText(pid, 'cmdline') ?? ('' as ByteText))
  const image = readImagePath(pid)
  const currentDirectory = readLink(pid, 'cwd')
  const stat = readStat(pid)
  if (stat === null && commandLine === null) return null
  const file = image === null ? null : attempt(() => statSync(`/proc/${pid}/exe`))
  return {
    pid,
    startTicks: stat?.startTicks ?? null,
    parentPid: stat?.parentPid ?? null,
    parentStartTicks: null,
    ...parseIds(readText(pid, 'status') ?? ''),
    cgroup: null,
    container: containerOfProcess(readText(pid, 'cgroup') ?? ('' as ByteText)),
    program: {
      image,
      commandLine,
      name: stat?.name ?? null,
      currentDirectory,
      inode: file?.ino ?? null,
      device: file?.dev ?? null,
    },
  }
}

/** Where the executable is, or was before it was deleted. */
export function readImagePath(pid: number): ByteText | null {
  const path = readLink(pid, 'exe')
  return path?.endsWith(DELETED) === true ? (path.slice(0, -DELETED.length) as ByteText) : path
}

function readText(pid: number, file: 'cmdline' | 'stat' | 'status' | 'cgroup'): ByteText | null {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'latin1') as ByteText)
}

function readLink(pid: number, link: 'exe' | 'cwd'): ByteText | null {
  return attempt(() => readlinkSync(`/proc/${pid}/${link}`, 'latin1') as ByteText)
}

/** A process that ended (ENOENT, ESRCH) or is someone else's (EACCES, EPERM) is an answer here, not a fault. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

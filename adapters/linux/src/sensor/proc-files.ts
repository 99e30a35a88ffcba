import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import type { Process, Program } from './process-table.ts'

/** Reads /proc. Every file may vanish between two reads, and another process may take the pid: hence the last check. */

/** A longer command line is cut: the kernel lets one be megabytes long. */
export const COMMAND_LINE_BYTES_MAX = 4095

const DELETED = ' (deleted)'

export interface ProcStat {
  readonly name: string
  readonly parentPid: number
  readonly startTicks: number
}

/** @returns null unless this is the text of a /proc/PID/stat. The name is attacker-controlled: it may hold ") R 1". */
export function parseStat(text: string): ProcStat | null {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return null
  const rest = text.slice(close + 2).split(' ')
  const parentPid = Number(rest[1])
  const startTicks = Number(rest[19])
  if (!Number.isSafeInteger(parentPid) || !Number.isSafeInteger(startTicks)) return null
  return { name: text.slice(open + 1, close), parentPid, startTicks }
}

/** @returns the real uid and gid out of the text of a /proc/PID/status */
export function parseIds(text: string): { readonly uid: number | null; readonly gid: number | null } {
  const id = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\t(\\d+)`, 'm').exec(text)
    return match === null ? null : Number(match[1])
  }
  return { uid: id('Uid'), gid: id('Gid') }
}

/** argv joined by spaces; null for a process without one (a kernel thread, or one that has just ended). */
export function joinArguments(bytes: Buffer): string | null {
  if (bytes.length === 0) return null
  const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length
  return bytes.toString('utf8', 0, end).replaceAll('\0', ' ')
}

export function listPids(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
}

export function readStat(pid: number): ProcStat | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return text === null ? null : parseStat(text)
}

/** @returns null when there is no such process; single members are null where this user may not look */
export function readProcess(pid: number): Process | null {
  const stat = readStat(pid)
  if (stat === null) return null
  const ids = parseIds(attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '')
  const program = readProgram(pid, stat.name)
  if (readStat(pid)?.startTicks !== stat.startTicks) return null
  return {
    pid,
    startTicks: stat.startTicks,
    parentPid: stat.parentPid,
    parentStartTicks: null,
    ...ids,
    cgroup: null,
    program,
  }
}

function readProgram(pid: number, name: string): Program {
  const file = attempt(() => statSync(`/proc/${pid}/exe`))
  const commandLine = attempt(() => readFileSync(`/proc/${pid}/cmdline`))
  return {
    image: readImagePath(pid),
    commandLine: commandLine === null ? null : joinArguments(commandLine.subarray(0, COMMAND_LINE_BYTES_MAX)),
    name,
    currentDirectory: attempt(() => readlinkSync(`/proc/${pid}/cwd`)),
    inode: file?.ino ?? null,
    device: file?.dev ?? null,
  }
}

/** Where the executable is, or was before it was deleted. */
export function readImagePath(pid: number): string | null {
  const path = attempt(() => readlinkSync(`/proc/${pid}/exe`))
  return path?.endsWith(DELETED) === true ? path.slice(0, -DELETED.length) : path
}

/** A process that ended (ENOENT, ESRCH) or is someone else's (EACCES, EPERM) is an answer here, not a fault. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

import type { HostEvent } from '@firebreak/detect'
import type { Process } from './process-table.ts'

const PRODUCT = 'linux'

/** /proc counts time in ticks of 10 ms on every architecture (USER_HZ). */
export const TICK_MS = 10

/** What is the same for all events of a host. */
export interface HostFacts {
  /** The first 8 characters of the kernel's boot id: pids and start times repeat after a reboot. */
  readonly bootId: string
  /** User names by user id. */
  readonly users: ReadonlyMap<number, string>
}

/** @param startedMs - wall-clock time of the process's start */
export function processCreation(
  facts: HostFacts,
  process: Process,
  parent: Process | null,
  timeMs: number,
  startedMs: number | null,
): HostEvent {
  const { program } = process
  const fields = {
    Image: program.image,
    CommandLine: program.commandLine,
    CurrentDirectory: program.currentDirectory,
    User: userName(facts, process.uid),
    UserId: process.uid,
    GroupId: process.gid,
    ProcessId: process.pid,
    ProcessGuid: processGuid(facts, process.pid, process.startTicks),
    ProcessName: program.name,
    StartTime: startedMs,
    ParentImage: parent?.program.image ?? null,
    ParentCommandLine: parent?.program.commandLine ?? null,
    ParentProcessId: process.parentPid,
    ParentProcessGuid: processGuid(facts, process.parentPid, parent?.startTicks ?? process.parentStartTicks),
    ParentProcessName: parent?.program.name ?? null,
    ParentUser: userName(facts, parent?.uid ?? null),
    ParentCurrentDirectory: parent?.program.currentDirectory ?? null,
    CgroupId: process.cgroup,
    ImageInode: program.inode,
    ImageDevice: program.device,
  }
  return { category: 'process_creation', product: PRODUCT, timeMs, fields }
}

/** The far and near end of a connection. A port is null while the kernel has not chosen it. */
export interface Connection {
  readonly sourceIp: string
  readonly sourcePort: number | null
  readonly destinationIp: string
  readonly destinationPort: number
}

/** An outbound TCP connection, at its first packet: also those that are refused later. */
export function networkConnection(
  facts: HostFacts,
  process: Process,
  connection: Connection,
  timeMs: number,
): HostEvent {
  const fields = {
    Image: process.program.image,
    CommandLine: process.program.commandLine,
    ProcessId: process.pid,
    ProcessGuid: processGuid(facts, process.pid, process.startTicks),
    User: userName(facts, process.uid),
    UserId: process.uid,
    Protocol: 'tcp',
    Initiated: 'true',
    SourceIp: connection.sourceIp,
    SourcePort: connection.sourcePort,
    DestinationIp: connection.destinationIp,
    DestinationPort: connection.destinationPort,
    DestinationHostname: null,
  }
  return { category: 'network_connection', product: PRODUCT, timeMs, fields }
}

export function processGuid(facts: HostFacts, pid: number | null, startTicks: number | null): string | null {
  return pid === null || startTicks === null ? null : `${facts.bootId}-${pid}-${startTicks}`
}

/** @param passwd - the text of /etc/passwd */
export function parseUsers(passwd: string): ReadonlyMap<number, string> {
  const users = new Map<number, string>()
  for (const line of passwd.split('\n')) {
    const [name, , uid] = line.split(':')
    if (name === undefined || uid === undefined || !/^\d+$/.test(uid)) continue
    if (!users.has(Number(uid))) users.set(Number(uid), name) // as getpwuid: the first entry wins
  }
  return users
}

function userName(facts: HostFacts, uid: number | null): string | null {
  return uid === null ? null : (facts.users.get(uid) ?? null)
}

import type { HostEvent } from '@firebreak/detect'
import { type ByteText, byteText, plainText } from './byte-text.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'

const PRODUCT = 'linux'

/** /proc counts time in ticks of 10 ms on every architecture (USER_HZ). */
export const TICK_MS = 10

/** What is the same for all events of a host. */
export interface HostFacts {
  /** The first 8 characters of the kernel's boot id: pids and start times repeat after a reboot. */
  readonly bootId: string
  /** User names by user id. */
  readonly users: ReadonlyMap<number, ByteText>
}

/** The two ends of a connection as the process sees them; null is what it has not chosen, nor the kernel for it yet. */
export interface Connection {
  readonly protocol: 'tcp' | 'udp'
  /** False for one that was accepted. */
  readonly initiated: boolean
  readonly sourceIp: string | null
  readonly sourcePort: number | null
  readonly destinationIp: string
  readonly destinationPort: number
}

/** A local address that a process took for itself. */
export interface Binding {
  readonly protocol: 'tcp' | 'udp'
  readonly ip: string
  readonly port: number
}

/** A question to a name server. */
export interface Query {
  readonly name: string
  /** As in zone files: `A`, `AAAA`, `TYPE65280`. */
  readonly type: string
  /** The server's address. */
  readonly server: string | null
}

/** What happened to a file. */
export interface FileChange {
  readonly kind: 'create' | 'write' | 'rename' | 'delete' | 'attribute'
  readonly path: ByteText
  /** Of a rename: where it was. */
  readonly sourcePath: ByteText | null
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
    Image: shown(program.image),
    CommandLine: shown(program.commandLine),
    CurrentDirectory: shown(program.currentDirectory),
    User: userName(facts, process.uid),
    UserId: process.uid,
    GroupId: process.gid,
    ProcessId: process.pid,
    ProcessGuid: processGuid(facts, process.pid, process.startTicks),
    ProcessName: shown(program.name),
    StartTime: startedMs,
    ParentImage: shown(parent?.program.image ?? null),
    ParentCommandLine: shown(parent?.program.commandLine ?? null),
    ParentProcessId: process.parentPid,
    ParentProcessGuid: processGuid(facts, process.parentPid, parent?.startTicks ?? process.parentStartTicks),
    ParentProcessName: shown(parent?.program.name ?? null),
    ParentUser: userName(facts, parent?.uid ?? null),
    ParentCurrentDirectory: shown(parent?.program.currentDirectory ?? null),
    CgroupId: process.cgroup,
    ImageInode: program.inode,
    ImageDevice: program.device,
  }
  return { category: 'process_creation', product: PRODUCT, timeMs, fields }
}

export function networkConnection(
  facts: HostFacts,
  process: Process,
  connection: Connection,
  timeMs: number,
): HostEvent {
  const fields = {
    ...actor(facts, process),
    Protocol: connection.protocol,
    Initiated: String(connection.initiated),
    SourceIp: connection.sourceIp,
    SourcePort: connection.sourcePort,
    DestinationIp: connection.destinationIp,
    DestinationPort: connection.destinationPort,
    DestinationHostname: null,
  }
  return { category: 'network_connection', product: PRODUCT, timeMs, fields }
}

export function networkBind(facts: HostFacts, process: Process, binding: Binding, timeMs: number): HostEvent {
  const fields = {
    ...actor(facts, process),
    Protocol: binding.protocol,
    SourceIp: binding.ip,
    SourcePort: binding.port,
    CgroupId: process.cgroup,
  }
  return { category: 'network_bind', product: PRODUCT, timeMs, fields }
}

export function dnsQuery(facts: HostFacts, process: Process, query: Query, timeMs: number): HostEvent {
  const fields = {
    QueryName: query.name,
    QueryType: query.type,
    DestinationIp: query.server,
    ...actor(facts, process),
  }
  return { category: 'dns_query', product: PRODUCT, timeMs, fields }
}

export function processAccess(
  facts: HostFacts,
  source: Process,
  target: Process,
  request: string,
  timeMs: number,
): HostEvent {
  const fields = {
    SourceImage: shown(source.program.image),
    SourceCommandLine: shown(source.program.commandLine),
    SourceProcessId: source.pid,
    SourceProcessGuid: processGuid(facts, source.pid, source.startTicks),
    SourceUser: userName(facts, source.uid),
    TargetImage: shown(target.program.image),
    TargetProcessId: target.pid,
    TargetProcessGuid: processGuid(facts, target.pid, target.startTicks),
    TargetUser: userName(facts, target.uid),
    AccessRequest: request,
  }
  return { category: 'process_access', product: PRODUCT, timeMs, fields }
}

const FILE_CATEGORIES = {
  create: 'file_event',
  write: 'file_event',
  rename: 'file_rename',
  delete: 'file_delete',
  attribute: 'file_change',
} as const

export function fileEvent(facts: HostFacts, process: Process, change: FileChange, timeMs: number): HostEvent {
  const fields = {
    ...(change.kind === 'rename' && { SourceFilename: shown(change.sourcePath) }),
    TargetFilename: shown(change.path),
    ...actor(facts, process),
    FileOperation: change.kind,
  }
  return { category: FILE_CATEGORIES[change.kind], product: PRODUCT, timeMs, fields }
}

/** Somebody of whom only the pid is known. */
export function unknownProcess(pid: number): Process {
  return {
    pid,
    startTicks: null,
    parentPid: null,
    parentStartTicks: null,
    uid: null,
    gid: null,
    cgroup: null,
    program: UNKNOWN_PROGRAM,
  }
}

function actor(facts: HostFacts, process: Process) {
  return {
    Image: shown(process.program.image),
    CommandLine: shown(process.program.commandLine),
    ProcessId: process.pid,
    ProcessGuid: processGuid(facts, process.pid, process.startTicks),
    User: userName(facts, process.uid),
    UserId: process.uid,
  }
}

export function processGuid(facts: HostFacts, pid: number | null, startTicks: number | null): string | null {
  return pid === null || startTicks === null ? null : `${facts.bootId}-${pid}-${startTicks}`
}

/** @param passwd - the text of /etc/passwd */
export function parseUsers(passwd: string): ReadonlyMap<number, ByteText> {
  const users = new Map<number, ByteText>()
  for (const line of passwd.split('\n')) {
    const [name, , uid] = line.split(':')
    if (name === undefined || uid === undefined || !/^\d+$/.test(uid)) continue
    if (!users.has(Number(uid))) users.set(Number(uid), byteText(name)) // as getpwuid: the first entry wins
  }
  return users
}

function userName(facts: HostFacts, uid: number | null): string | null {
  return uid === null ? null : shown(facts.users.get(uid) ?? null)
}

function shown(text: ByteText | null): string | null {
  return text === null ? null : plainText(text)
}

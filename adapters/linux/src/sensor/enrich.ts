import { type ByteText, byteText } from './byte-text.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'

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
    container: null,
    program: UNKNOWN_PROGRAM,
  }
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

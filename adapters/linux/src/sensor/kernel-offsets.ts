import { readFileSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { ARCHITECTURE, type Architecture } from '../sandbox/syscall-numbers.ts'
import { type Btf, BTF_PATH, parseBtf } from './btf.ts'

/** Members that our programs read: where they are differs between kernels. */
const MEMBERS = {
  taskMm: ['task_struct', 'mm'],
  taskParent: ['task_struct', 'real_parent'],
  taskLeader: ['task_struct', 'group_leader'],
  taskTgid: ['task_struct', 'tgid'],
  taskPid: ['task_struct', 'pid'],
  taskStart: ['task_struct', 'start_boottime'],
  taskFs: ['task_struct', 'fs'],
  mmArgStart: ['mm_struct', 'arg_start'],
  mmArgEnd: ['mm_struct', 'arg_end'],
  binprmFile: ['linux_binprm', 'file'],
  binprmInterp: ['linux_binprm', 'interp'],
  fileInode: ['file', 'f_inode'],
  inodeNumber: ['inode', 'i_ino'],
  inodeSuperBlock: ['inode', 'i_sb'],
  superBlockDevice: ['super_block', 's_dev'],
  fsWorkingMount: ['fs_struct', 'pwd.mnt'],
  fsWorkingEntry: ['fs_struct', 'pwd.dentry'],
  mountRoot: ['mount', 'mnt.mnt_root'],
  mountVfs: ['mount', 'mnt'],
  mountParent: ['mount', 'mnt_parent'],
  mountPoint: ['mount', 'mnt_mountpoint'],
  entryParent: ['dentry', 'd_parent'],
  entryName: ['dentry', 'd_name.name'],
} as const

const NETWORK_MEMBERS = {
  sockFamily: ['sock_common', 'skc_family'],
  sockPortLocal: ['sock_common', 'skc_num'],
  sockPortRemote: ['sock_common', 'skc_dport'],
  sockAddressLocal: ['sock_common', 'skc_rcv_saddr'],
  sockAddressRemote: ['sock_common', 'skc_daddr'],
  sockAddress6Local: ['sock_common', 'skc_v6_rcv_saddr'],
  sockAddress6Remote: ['sock_common', 'skc_v6_daddr'],
  sockProtocol: ['sock', 'sk_protocol'],
} as const

/** From a process and a descriptor to the socket. */
const SOCKET_MEMBERS = {
  taskFiles: ['task_struct', 'files'],
  filesTable: ['files_struct', 'fdt'],
  tableFiles: ['fdtable', 'fd'],
  tableSize: ['fdtable', 'max_fds'],
  filePrivate: ['file', 'private_data'],
  inodeMode: ['inode', 'i_mode'],
  socketSock: ['socket', 'sk'],
} as const

const ACCESS_MEMBERS = {
  taskPidEntry: ['task_struct', 'thread_pid'],
  pidLevel: ['pid', 'level'],
} as const

/** The system call that a thread is in, and its second and third argument; the third number here is added. */
const CALL_MEMBERS = {
  x64: {
    callNumber: ['pt_regs', 'orig_ax', 0],
    callSecond: ['pt_regs', 'si', 0],
    callThird: ['pt_regs', 'dx', 0],
  },
  arm64: {
    callNumber: ['pt_regs', 'syscallno', 0],
    callSecond: ['pt_regs', 'regs', 8],
    callThird: ['pt_regs', 'regs', 16],
  },
} as const

/** Bytes from the start of the structure. */
export type KernelOffsets = Readonly<Record<keyof typeof MEMBERS, number>>

/** Bytes from the start of the structure. */
export type NetworkOffsets = Readonly<Record<keyof typeof NETWORK_MEMBERS, number>>

/** Bytes from the start of the structure. */
export type SocketOffsets = Readonly<Record<keyof typeof SOCKET_MEMBERS, number>>

/** Bytes from the start of the structure. */
export type AccessOffsets = Readonly<Record<keyof typeof ACCESS_MEMBERS, number>>

/** Bytes from the start of the structure. */
export type CallOffsets = Readonly<Record<keyof (typeof CALL_MEMBERS)['x64'], number>>

/** Null where this kernel lacks a member: what needs it is not watched then. */
export interface RunningKernel {
  readonly process: KernelOffsets
  /** Null for instance without IPv6. */
  readonly network: NetworkOffsets | null
  readonly sockets: SocketOffsets | null
  readonly access: AccessOffsets | null
  readonly call: CallOffsets | null
}

// A running kernel's types never change, so one reading per process is enough.
let running: RunningKernel | null = null

/**
 * Reads the running kernel's offsets, once per process.
 *
 * @throws LinuxError linux/btf when the kernel has no BTF or lacks a member that we need
 */
export function readKernelOffsets(): RunningKernel {
  if (running !== null) return running
  const bytes = readBtfFile()
  running = kernelOffsets(parseBtf(bytes))
  bytes.buffer.transfer(0) // an idle sensor would keep its 5 MB until the next collection, which may be hours away
  return running
}

/** @throws LinuxError linux/btf when a process member is missing */
export function kernelOffsets(btf: Btf): RunningKernel {
  const process = lookUp(btf, MEMBERS)
  if (process.missing !== null) {
    throw new LinuxError('linux/btf', `Cannot watch processes: this kernel has no ${process.missing}`)
  }
  return {
    process: process.offsets,
    network: allOrNone(lookUp(btf, NETWORK_MEMBERS)),
    sockets: allOrNone(lookUp(btf, SOCKET_MEMBERS)),
    access: allOrNone(lookUp(btf, ACCESS_MEMBERS)),
    call: callOffsets(btf, ARCHITECTURE),
  }
}

/** What differs between architectures; all other structures have the same names. */
export function callOffsets(btf: Btf, architecture: Architecture): CallOffsets | null {
  return allOrNone(lookUp(btf, CALL_MEMBERS[architecture]))
}

function allOrNone<Offsets>(found: { readonly offsets: Offsets; readonly missing: string | null }): Offsets | null {
  return found.missing === null ? found.offsets : null
}

function lookUp<Name extends string>(
  btf: Btf,
  members: Readonly<Record<Name, readonly [struct: string, path: string, plus?: number]>>,
): { readonly offsets: Readonly<Record<Name, number>>; readonly missing: string | null } {
  const offsets: Partial<Record<Name, number>> = {}
  let missing: string | null = null
  for (const name of Object.keys(members) as Name[]) {
    const [struct, path, plus = 0] = members[name]
    const offset = btf.offsetOf(struct, path)
    if (offset === null) missing = `${struct}.${path}`
    else offsets[name] = offset + plus
  }
  return { offsets: offsets as Record<Name, number>, missing }
}

function readBtfFile(): NonSharedBuffer {
  try {
    return readFileSync(BTF_PATH)
  } catch (cause) {
    throw new LinuxError('linux/btf', `Cannot read ${BTF_PATH}: this kernel has no readable BTF`, {}, cause)
  }
}

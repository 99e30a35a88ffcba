/** The format of a ring buffer record, between our BPF programs and their reader. Little endian; offsets in bytes. */

export const KIND = {
  exec: 1,
  exit: 2,
  fork: 3,
  connect: 4,
  accept: 5,
  datagram: 6,
  bind: 7,
  access: 8,
  memoryFile: 9,
} as const

/** Every record's head. An exec record goes on with text: path, arguments, working directory. */
export const RECORD = {
  kind: 0,
  pathLength: 4,
  bootNs: 8,
  tgid: 16,
  pid: 20,
  uid: 24, // and gid at 28: one store of both
  gid: 28,
  parentTgid: 32,
  argumentsLength: 36,
  cgroup: 40,
  inode: 48,
  device: 56,
  directoryLength: 60, // all ones: unknown
  startNs: 64,
  parentStartNs: 72,
  command: 80, // 16 bytes, the last of them NUL
  text: 96,
} as const

export const DIRECTORY_UNKNOWN = 0xffff_ffff

/** The tail of a record on a socket. Ports and addresses are in network order, but for the local port. */
export const TCP = {
  family: 96,
  portRemote: 98,
  portLocal: 100,
  protocol: 102,
  addressLocal: 104,
  addressRemote: 108,
  address6Local: 112,
  address6Remote: 128,
  end: 144,
} as const

/** What follows TCP in a datagram record. */
export const DATAGRAM = { payloadLength: 144, payload: 152 } as const

/** The tail of an access record: what was asked of whom. `level`: how deep the caller's pid namespace is; 0 is the host's. */
export const ACCESS = { request: 96, target: 100, level: 104, end: 112 } as const

/** The tail of a memory file record: its name with its NUL. */
export const MEMORY_FILE = { nameLength: 96, name: 104 } as const

/** `request` is ptrace's own number; process_vm_readv and _writev get numbers that ptrace does not use. */
export const VM_ACCESS = { processVmReadv: 0x10001, processVmWritev: 0x10002 } as const

/** Indexes into the counters: records that found the ring full, by rank, and those left out as repeats. */
export const COUNTER = { dropped0: 0, dropped1: 1, repeats: 2, count: 3 } as const

/** About 10,000 process lives: half a second of a host that does nothing but start them. Kernel memory, once per sensor. */
export const RING_SIZE_BYTES = 4 * 1024 * 1024

const PATH_BYTES = 256
const ARGUMENTS_BYTES = 4095

/** What fits; longer values are cut, or unknown for the directory. Masks in the programs need pathBytes = 2^n, argumentsBytes = 2^n - 1. */
export const LIMIT = {
  pathBytes: PATH_BYTES,
  argumentsBytes: ARGUMENTS_BYTES,
  directoryDepth: 40,
  /** One name, with its NUL. */
  nameBytes: 256,
  /** Of a datagram to a name server: RFC 1035 2.3.4; a question fits whatever follows it. */
  payloadBytes: 512,
  /** A memory file's name, with its NUL: NAME_MAX less the kernel's `memfd:`. */
  memoryNameBytes: 250,
  /** No further directory name starts beyond this. */
  textEndBytes: 96 + PATH_BYTES + ARGUMENTS_BYTES + 1024,
} as const

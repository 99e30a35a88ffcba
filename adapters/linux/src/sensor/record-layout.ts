/** The format of a ring buffer record, between our BPF programs and their reader. Little endian; offsets in bytes. */

export const KIND = { exec: 1, exit: 2, fork: 3, connect: 4 } as const

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

/** The tail of a connect record. Ports and addresses are in network order, but for the local port. */
export const TCP = {
  family: 96,
  portRemote: 98,
  portLocal: 100,
  addressLocal: 104,
  addressRemote: 108,
  address6Local: 112,
  address6Remote: 128,
  end: 144,
} as const

const PATH_BYTES = 256
const ARGUMENTS_BYTES = 4095

/** What fits; longer values are cut, or unknown for the directory. Masks in the programs need pathBytes = 2^n, argumentsBytes = 2^n - 1. */
export const LIMIT = {
  pathBytes: PATH_BYTES,
  argumentsBytes: ARGUMENTS_BYTES,
  directoryDepth: 40,
  /** One name, with its NUL. */
  nameBytes: 256,
  /** No further directory name starts beyond this. */
  textEndBytes: 96 + PATH_BYTES + ARGUMENTS_BYTES + 1024,
} as const

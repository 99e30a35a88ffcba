import type { CapabilityName } from './capabilities.ts'

/**
 * What a process is for, and so what it may do.
 *
 * - `engine`: no network, no file writes, no children, another user once its code is loaded. Runs content.
 * - `sensor`: reads the kernel's events; no network, no file writes, no children. Never sees content.
 * - `exec-gate`: answers the kernel who asks whether a program may start; no network, no file writes, no children.
 *   Never sees content.
 * - `input`: reads the folder of its file, or what it was handed; no network, no file writes, no children. Never sees content.
 * - `fetcher`: writes its own folders, connects to the server's port; no children, nothing else.
 */
export type ProfileName = 'engine' | 'sensor' | 'exec-gate' | 'input' | 'fetcher'

/** The mechanisms of stage 1, in the order in which they are applied. */
export const LAYERS = [
  'death-signal',
  'limits',
  'no-new-privileges',
  'capabilities',
  'landlock',
  'landlock-network',
  'seccomp',
] as const
export type Layer = (typeof LAYERS)[number]

export interface Profile {
  readonly capabilities: readonly CapabilityName[]
  /**
   * False for the sensor and the exec gate: a Landlock domain may not look into processes outside itself, so
   * /proc/PID/exe, cwd, fd and mem would be closed to them whatever their capabilities. Their filter refuses to open
   * files for writing instead.
   */
  readonly landlock: boolean
  /** Files that the C library needs for name resolution. */
  readonly readPaths: readonly string[]
  /** 900: the first to go when memory is short. 0: as the parent. */
  readonly oomScoreAdjust: number
  /** Heap and buffers, beyond what the runtime itself takes. */
  readonly memoryBytesMax: number
  readonly nodeFlags: readonly string[]
}

const MIB = 1024 * 1024
const MEMORY_BYTES_MAX = 384 * MIB
/** With all of SigmaHQ an engine has 140 MiB resident, of which the runtime is 45; V8's half of this holds its 20 MiB of objects. */
const ENGINE_MEMORY_BYTES_MAX = 256 * MIB
const GATE_MEMORY_BYTES_MAX = 128 * MIB

/**
 * What RLIMIT_DATA counts before the first object exists: V8 reserves its code range (512 MiB) writable, and each of
 * seven threads has a stack of 8 MiB. Almost none of it is ever touched.
 */
export const RUNTIME_DATA_BYTES = 576 * MIB

/** libuv, the compile cache and module loading stay far below this. */
export const OPEN_FILES_MAX = 256

const SMALL_NURSERY = '--max-semi-space-size=1' // MiB

/** For processes that mostly wait: 15 MiB less for all of them together. */
const SMALL = [SMALL_NURSERY, '--optimize-for-size']

const NODE_FLAGS = [
  '--disable-sigusr1', // else `kill -USR1` opens a debugger
  '--disable-proto=delete',
  '--disallow-code-generation-from-strings',
  '--no-addons',
]

const RESOLVER_FILES = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/host.conf',
  '/etc/nsswitch.conf',
  '/etc/gai.conf',
  '/run/systemd/resolve',
]

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  engine: {
    // To read a checkout of another user while loading, and to become nobody afterwards, which drops all three.
    capabilities: ['DAC_READ_SEARCH', 'SETUID', 'SETGID'],
    landlock: true,
    readPaths: [],
    oomScoreAdjust: 900,
    memoryBytesMax: ENGINE_MEMORY_BYTES_MAX,
    nodeFlags: [...NODE_FLAGS, ...SMALL, '--no-opt'], // half the speed of the optimiser, without its history of escapes
  },
  sensor: {
    capabilities: [
      'BPF',
      'PERFMON',
      'SYS_ADMIN',
      'SYS_PTRACE',
      'DAC_READ_SEARCH',
      'NET_ADMIN',
      'AUDIT_WRITE',
      'AUDIT_CONTROL',
      'AUDIT_READ',
    ],
    landlock: false,
    readPaths: [],
    oomScoreAdjust: 0,
    memoryBytesMax: MEMORY_BYTES_MAX,
    // Its garbage is small and regular: helper threads would cost more to wake than they save.
    nodeFlags: [...NODE_FLAGS, '--single-threaded-gc', SMALL_NURSERY],
  },
  'exec-gate': {
    capabilities: ['SYS_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'],
    landlock: false,
    readPaths: [],
    oomScoreAdjust: 0,
    memoryBytesMax: GATE_MEMORY_BYTES_MAX,
    nodeFlags: NODE_FLAGS,
  },
  input: {
    capabilities: ['DAC_READ_SEARCH'], // logs belong to whoever writes them
    landlock: true,
    readPaths: [],
    oomScoreAdjust: 500,
    memoryBytesMax: MEMORY_BYTES_MAX,
    nodeFlags: [...NODE_FLAGS, ...SMALL],
  },
  fetcher: {
    capabilities: ['DAC_READ_SEARCH'],
    landlock: true,
    readPaths: RESOLVER_FILES,
    oomScoreAdjust: 500,
    memoryBytesMax: MEMORY_BYTES_MAX,
    nodeFlags: [...NODE_FLAGS, ...SMALL],
  },
}

import { trySyscall } from '../syscalls.ts'
import { SYS } from './syscall-numbers.ts'

/** Capability numbers (linux/capability.h) that a profile may keep. */
const CAPABILITY = {
  DAC_READ_SEARCH: 2,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_ADMIN: 12,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  AUDIT_WRITE: 29,
  AUDIT_CONTROL: 30,
  AUDIT_READ: 37,
  PERFMON: 38,
  BPF: 39,
} as const
export type CapabilityName = keyof typeof CAPABILITY

const PR_CAPBSET_READ = 23
const PR_CAPBSET_DROP = 24
/** One past the largest number that two 32-bit words can hold. */
const CAPABILITIES_MAX = 64
const VERSION_3 = 0x20080522

interface CapabilitySets {
  readonly effective: bigint
  readonly permitted: bigint
  readonly inheritable: bigint
}

/** The calling thread's capability sets. */
function readCapabilities(): CapabilitySets {
  const data = Buffer.alloc(24)
  trySyscall(SYS.capget, header(), data)
  const word = (at: number): bigint => BigInt(data.readUInt32LE(at)) | (BigInt(data.readUInt32LE(at + 12)) << 32n)
  return { effective: word(0), permitted: word(4), inheritable: word(8) }
}

export function hasCapability(name: CapabilityName): boolean {
  return (readCapabilities().effective & maskOf([name])) !== 0n
}

/**
 * Drops every capability that `kept` does not name from the bounding, inheritable, permitted, effective and ambient
 * sets of the calling thread, so that an execve cannot bring it back, not even as root.
 *
 * @returns null, or the errno of the step that failed
 */
export function keepOnly(kept: readonly CapabilityName[]): number | null {
  const mask = maskOf(kept)
  const now = readCapabilities()
  if ((now.effective & maskOf(['SETPCAP'])) !== 0n) {
    for (let capability = 0; capability < CAPABILITIES_MAX; capability += 1) {
      if (trySyscall(SYS.prctl, PR_CAPBSET_READ, capability, 0, 0, 0) !== 1) continue
      if ((mask & (1n << BigInt(capability))) !== 0n) continue
      const dropped = trySyscall(SYS.prctl, PR_CAPBSET_DROP, capability, 0, 0, 0)
      if (dropped < 0) return -dropped
    }
  }
  const data = Buffer.alloc(24)
  const put = (at: number, value: bigint): void => {
    data.writeUInt32LE(Number(value & 0xffffffffn), at)
    data.writeUInt32LE(Number(value >> 32n), at + 12)
  }
  put(0, now.effective & mask)
  put(4, now.permitted & mask)
  // Root regains permitted = inheritable + bounding at execve. Others keep only what is ambient, a subset of this.
  put(8, now.inheritable & mask)
  const result = trySyscall(SYS.capset, header(), data)
  return result < 0 ? -result : null
}

function maskOf(names: readonly CapabilityName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(CAPABILITY[name])), 0n)
}

function header(): Buffer {
  const bytes = Buffer.alloc(8) // {version u32, pid i32 0 = this thread}
  bytes.writeUInt32LE(VERSION_3, 0)
  return bytes
}

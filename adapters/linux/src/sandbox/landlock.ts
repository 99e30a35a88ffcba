import { closeSync, constants, openSync, statSync } from 'node:fs'
import { trySyscall } from '../syscalls.ts'
import { SYS } from './syscall-numbers.ts'

/** Landlock rights over files (linux/landlock.h), by the bit that the kernel gives them. */
const EXECUTE = 0x0001
const WRITE_FILE = 0x0002
const READ_FILE = 0x0004
const READ_DIR = 0x0008
const REMOVE_DIR = 0x0010
const REMOVE_FILE = 0x0020
const MAKE_DIR = 0x0080
const MAKE_REG = 0x0100
const REFER = 0x2000
const TRUNCATE = 0x4000

/** Symbolic links, devices and sockets stay forbidden: a privileged reader of the folder could be led astray by them. */
const READ = READ_FILE | READ_DIR
const READ_WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
/** The rights that make sense on something that is not a folder. */
const FILE_RIGHTS = 0xc007

const RIGHTS = { read: READ, 'read-write': READ_WRITE, execute: READ_FILE | EXECUTE } as const
export type PathAccess = keyof typeof RIGHTS

/** All file rights that an ABI can restrict; a ruleset that handles more is refused as invalid. */
const HANDLED_BY_ABI = [0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff]
const NET_BIND_TCP = 1
const NET_CONNECT_TCP = 2
const NET_ABI = 4
/** Abstract unix sockets and signals outside the domain. */
const SCOPE_ALL = 3
const SCOPE_ABI = 6

const CREATE_RULESET_VERSION = 1
const RULE_PATH_BENEATH = 1
const RULE_NET_PORT = 2
const O_PATH = 0x200000
const O_CLOEXEC = 0x80000

export interface PathGrant {
  readonly path: string
  readonly access: PathAccess
}

export interface LandlockRules {
  readonly grants: readonly PathGrant[]
  readonly connectPorts: readonly number[]
}

/** The kernel's Landlock ABI; 0 without Landlock. */
export function landlockAbi(): number {
  return Math.max(0, trySyscall(SYS.landlock_create_ruleset, 0, 0, CREATE_RULESET_VERSION))
}

/**
 * Restricts the calling thread, and everything that it executes, to `rules`. A grant whose path does not exist grants
 * nothing and is skipped. TCP is restricted from ABI 4 on, abstract sockets and signals from ABI 6 on.
 *
 * @returns null, or the errno of the step that failed; nothing is restricted then
 */
export function restrictThread(rules: LandlockRules, abi: number): number | null {
  const handled = HANDLED_BY_ABI[Math.min(abi, HANDLED_BY_ABI.length - 1)] ?? 0
  const attributes = Buffer.alloc(24) // struct landlock_ruleset_attr {fs, net, scoped}
  attributes.writeBigUInt64LE(BigInt(handled), 0)
  attributes.writeBigUInt64LE(abi >= NET_ABI ? BigInt(NET_BIND_TCP | NET_CONNECT_TCP) : 0n, 8)
  attributes.writeBigUInt64LE(abi >= SCOPE_ABI ? BigInt(SCOPE_ALL) : 0n, 16)
  const ruleset = trySyscall(SYS.landlock_create_ruleset, attributes, attributes.length, 0)
  if (ruleset < 0) return -ruleset
  try {
    for (const grant of rules.grants) {
      const failed = addPath(ruleset, grant, handled)
      if (failed !== null) return failed
    }
    for (const port of abi >= NET_ABI ? rules.connectPorts : []) {
      const rule = Buffer.alloc(16) // struct landlock_net_port_attr {allowed_access, port}
      rule.writeBigUInt64LE(BigInt(NET_CONNECT_TCP), 0)
      rule.writeBigUInt64LE(BigInt(port), 8)
      const result = trySyscall(SYS.landlock_add_rule, ruleset, RULE_NET_PORT, rule, 0)
      if (result < 0) return -result
    }
    const result = trySyscall(SYS.landlock_restrict_self, ruleset, 0)
    return result < 0 ? -result : null
  } finally {
    closeSync(ruleset)
  }
}

function addPath(ruleset: number, grant: PathGrant, handled: number): number | null {
  let fd: number
  let isFolder: boolean
  try {
    isFolder = statSync(grant.path).isDirectory()
    fd = openSync(grant.path, constants.O_RDONLY | O_PATH | O_CLOEXEC)
  } catch {
    return null // nothing there that could be granted
  }
  try {
    const rights = RIGHTS[grant.access] & handled & (isFolder ? 0xffff : FILE_RIGHTS)
    const rule = Buffer.alloc(12) // struct landlock_path_beneath_attr, packed {allowed_access u64, parent_fd i32}
    rule.writeBigUInt64LE(BigInt(rights), 0)
    rule.writeInt32LE(fd, 8)
    const result = trySyscall(SYS.landlock_add_rule, ruleset, RULE_PATH_BENEATH, rule, 0)
    return result < 0 ? -result : null
  } finally {
    closeSync(fd)
  }
}

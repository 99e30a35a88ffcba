import process from 'node:process'
import { available } from '../platform.ts'
import { hasCapability } from './capabilities.ts'
import { landlockAbi } from './landlock.ts'
import { seccompAvailable } from './seccomp.ts'

export interface SandboxSupport {
  /** 0 without Landlock. */
  readonly landlockAbi: number
  readonly seccomp: boolean
  /** Whether the engine can become another user than the agent. */
  readonly uidDrop: boolean
  /** full: all three; user: at least seccomp; none: Node's permission model at most. */
  readonly tier: 'full' | 'user' | 'none'
}

/** What this kernel and this user allow. Changes nothing. */
export function probeSandbox(): SandboxSupport {
  if (!available()) return { landlockAbi: 0, seccomp: false, uidDrop: false, tier: 'none' }
  const abi = landlockAbi()
  const seccomp = seccompAvailable()
  const uidDrop = process.geteuid?.() === 0 && hasCapability('SETUID') && hasCapability('SETGID')
  const full = abi > 0 && seccomp && uidDrop
  return { landlockAbi: abi, seccomp, uidDrop, tier: full ? 'full' : seccomp ? 'user' : 'none' }
}

/** One sentence for people. */
export function describeSandbox(support: SandboxSupport): string {
  if (support.tier === 'none') {
    return "No sandbox: seccomp is not available here (it needs Linux on x86-64 or arm64); Node's permission model is all there is."
  }
  const landlock = support.landlockAbi > 0 ? `Landlock ABI ${support.landlockAbi}` : 'no Landlock (needs Linux 5.13)'
  const user = support.uidDrop ? 'the engine runs as nobody' : "the engine keeps the agent's user (needs root)"
  return `${support.tier === 'full' ? 'Full' : 'Partial'} sandbox: seccomp, ${landlock}, ${user}.`
}

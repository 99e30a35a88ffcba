import { flushCompileCache } from 'node:module'
import process from 'node:process'
import { trySyscall } from '../syscalls.ts'
import { readSandboxReport } from './confined.ts'
import { engineFilter } from './filters.ts'
import { forbidDumps } from './forbid-dumps.ts'
import type { SandboxReport } from './launch-spec.ts'
import { installFilter } from './seccomp.ts'
import { SYS } from './syscall-numbers.ts'

/** The kernel's overflow user, `nobody`: owns nothing. */
export const NOBODY = 65534

const PR_SET_PDEATHSIG = 1
const SIGKILL = 9

export interface EngineConfinement {
  readonly uidDropped: boolean
  /** Whether the allow-list is in force on every thread. */
  readonly seccomp: boolean
  /** 0 without Landlock. */
  readonly landlockAbi: number
  /** Of stage 1; null when the process was not started by the launcher. */
  readonly launch: SandboxReport | null
}

/**
 * Stage 2: call it when every module is imported and the pipes are open, before the first byte of content is read.
 * From here on the process can compute and use its open pipes, and nothing else; there is no way back. It comes after
 * the imports because nobody may not be allowed to read our code.
 *
 * Does nothing in a process that stage 1 did not prepare.
 */
export function confineEngine(): EngineConfinement {
  const launch = readSandboxReport()
  if (launch === null || !launch.active.includes('seccomp')) {
    return { uidDropped: false, seccomp: false, landlockAbi: launch?.landlockAbi ?? 0, launch }
  }
  flushCompileCache() // the last chance: afterwards nothing can be written
  void process.stderr // opened now: later it could not be, and an error message would be lost
  const uidDropped = becomeNobody()
  forbidDumps() // after the change of user, which may make it dumpable for a core handler
  const seccomp = installFilter(engineFilter(process.pid), 'all-threads') === null
  return { uidDropped, seccomp, landlockAbi: launch.landlockAbi, launch }
}

/** glibc applies the change of user to every thread. An ordinary user stays who they are. */
function becomeNobody(): boolean {
  if (process.geteuid?.() !== 0) return false
  try {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
  } catch {
    return false // a container without these capabilities: root in name only
  }
  // A change of user clears the death signal.
  trySyscall(SYS.prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
  return true
}

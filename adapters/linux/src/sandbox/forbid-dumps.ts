import { trySyscall } from '../syscalls.ts'
import { SYS } from './syscall-numbers.ts'

const PR_SET_DUMPABLE = 4

/**
 * From here on the kernel writes no core of this process, and lets nobody but who may trace every process look into its memory. Each process
 * has to ask for itself: execve forgets it.
 */
export function forbidDumps(): void {
  trySyscall(SYS.prctl, PR_SET_DUMPABLE, 0, 0, 0, 0)
}

import { foreignVariables, SCRUBBED_VARIABLE } from './surroundings.ts'

const NOBODY = 65534

/**
 * Makes the supervisor harder to look into, without a foreign function interface: it takes what Node itself can do.
 *
 * - Memory: a change of credentials makes a process not dumpable (kernel/cred.c, commit_creds), so the group is changed to
 *   nobody's and back. Afterwards no core is written, and who is root in name only can't read its memory. Not for an
 *   ordinary user, who has no second group; not where fs.suid_dumpable is 1.
 * - SIGUSR1 would open a debugger, if the flag against it is missing: a listener takes its place.
 * - What could run code in a Node is taken out of the environment.
 *
 * @returns whether the group was changed
 */
export function harden(): boolean {
  if (!process.execArgv.includes('--disable-sigusr1')) process.on('SIGUSR1', () => {})
  for (const name of [...foreignVariables(process.env), SCRUBBED_VARIABLE]) delete process.env[name]
  const own = process.getegid?.()
  if (own === undefined || process.geteuid?.() !== 0) return false
  try {
    process.setegid?.(own === NOBODY ? 0 : NOBODY)
    process.setegid?.(own)
    return true
  } catch {
    return false // root without CAP_SETGID: a container
  }
}

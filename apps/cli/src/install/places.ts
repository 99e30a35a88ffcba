import { join } from 'node:path'

/** Where `firebreak agent install --system` puts an agent. */
export const SYSTEM = {
  executable: '/usr/lib/firebreak/firebreak-agent',
  unit: '/etc/systemd/system/firebreak-agent.service',
  /** What `systemctl enable` would make: the unit is wanted as early as services can be. */
  enabled: '/etc/systemd/system/sysinit.target.wants/firebreak-agent.service',
  data: '/var/lib/firebreak',
} as const

export const SERVICE_NAME = 'firebreak-agent.service'
/** Exists where systemd is the service manager, see sd_booted(3). */
export const SYSTEMD_IS_THERE = '/run/systemd/system'

/** The path of `path` in the tree that is installed into: `/`, or an image of a system that is being built. */
export function within(sysroot: string, path: string): string {
  return join(sysroot, path)
}

/** Where tracefs is mounted, if it is; the second is where older systems have it. */
export const TRACEFS_MOUNT_POINTS: readonly string[] = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']

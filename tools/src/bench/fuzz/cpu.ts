/** CPU time of this process, all its threads, in milliseconds. */
export function cpuMsOfSelf(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

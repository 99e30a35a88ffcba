import { LinuxError } from '../errors.ts'
import { removeAuditLeftovers } from './audit-session.ts'
import { removeTraceLeftovers } from '../tracing/trace-instance.ts'

/** What was removed, and one sentence for each kind of leftover that nobody could look for. */
export interface LeftoversRemoved {
  readonly traceInstances: number
  readonly auditRules: number
  readonly problems: readonly string[]
}

/**
 * Removes what sensors that are gone left in the kernel; those that run keep what they have. Each start of a sensor does
 * as much for its own tier; this is for who takes the agent from a host. BPF programs leave nothing.
 */
export async function removeSensorLeftovers(): Promise<LeftoversRemoved> {
  const problems: string[] = []
  const tried = async (remove: () => number | Promise<number>): Promise<number> => {
    try {
      return await remove()
    } catch (error) {
      if (!(error instanceof LinuxError)) throw error
      problems.push(error.message)
      return 0
    }
  }
  const traceInstances = await tried(removeTraceLeftovers)
  const auditRules = await tried(removeAuditLeftovers)
  return { traceInstances, auditRules, problems }
}

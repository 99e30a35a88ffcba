import { unreachable, type WallMs } from '@firebreak/kernel'
import type { PackPlan } from '../plan/plan.ts'
import { exposure, hostView, planOfPack, release, seen, wanting } from './customer.fixture.ts'
import { decideHost } from './host-decision.ts'
import type { HostDecision, HostView } from './host-view.ts'
import type { ContentSettings } from './settings.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** A Monday, 12:00 UTC. */
export const NOW_MS = Date.parse('2026-06-01T12:00Z')
const [r1, r2, r3] = [release(1), release(2), release(3)]

/** What is decided, in one text; times as hours from now. */
function told(decision: HostDecision): string {
  switch (decision.kind) {
    case 'install':
      return `install ${decision.release.version} ${decision.reason}`
    case 'keep': {
      const until = decision.untilMs === null ? '' : ` until ${(decision.untilMs - NOW_MS) / HOUR_MS}`
      return `keep ${decision.reason}${decision.release ? ` ${decision.release.version}` : ''}${until}`
    }
    case 'revoke':
      return `revoke ${decision.digests.length}, ${told(decision.next)}`
    default:
      return unreachable(decision)
  }
}

/** What is decided by a host that has 1.1.0, since two days, and is in a ring that is exposed to 1.3.0; 1.2.0 is the baseline since ten days. */
export interface Case {
  readonly wants: Partial<ContentSettings>
  readonly plan?: Partial<PackPlan>
  readonly host?: Partial<HostView>
  readonly recalled?: Parameters<typeof planOfPack>[1]
  readonly nowMs?: WallMs
}
export function decide({ wants, plan, host, recalled, nowMs }: Case): string {
  const pack = {
    candidate: r3,
    exposure: [exposure('canary')],
    baseline: r2,
    baselineSinceMs: NOW_MS - 10 * DAY_MS,
    ...plan,
  }
  const view = {
    confirmed: r1,
    confirmedAtMs: NOW_MS - 2 * DAY_MS,
    firstSeenMs: seen([r3, NOW_MS - HOUR_MS], [r2, NOW_MS - 9 * DAY_MS]),
    ...host,
  }
  return told(
    decideHost(planOfPack(pack, recalled ?? []), hostView({ ...view, policy: wanting(wants) }), nowMs ?? NOW_MS),
  )
}

export type Rows = Readonly<Record<string, readonly [Case, string]>>

export const onlyBaseline = { candidate: null, exposure: [] }
export const urgent = { isEmergency: () => true }
export const hours = (delayMs: number) => ({ delayMs: delayMs * HOUR_MS })
export const night = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '02:00', zone: 'UTC' } as const
export const juneFirst = { from: '2026-06-01', to: '2026-06-02', zone: 'UTC' }
export const after = (over: Partial<ContentSettings['afterEvidence'] & {}> = {}): Partial<ContentSettings> => ({
  afterEvidence: { hosts: 10_000, ranMs: DAY_MS, sameEngine: true, sameOs: true, ...over },
})

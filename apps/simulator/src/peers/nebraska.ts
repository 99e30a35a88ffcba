import type { GateDecision, RolloutGate, Seen } from './peer.ts'

const PERIOD_S = 900
const UPDATE_TIMEOUT_S = 3_600
/** Hosts that have not been seen for so long are in no count. */
const SEEN_WITHIN_S = 86_400
const PERIODS_A_DAY = 96

/**
 * So many updates granted each quarter of an hour, at most as many in progress; in safe mode one host is first, and updates are switched off when its own
 * fails, or when as many have timed out as a period grants.
 */
export const nebraska: RolloutGate = {
  name: 'nebraska-safe-mode',
  title: 'Nebraska, safe mode',
  source:
    'flatcar/nebraska: backend/pkg/api/updates.go (enforceRolloutPolicy), events.go (triggerEventConsequences), the one-day limit of its instance queries. Chosen: as many updates a period of 15 minutes as reach the fleet in a day, timeout 60 minutes.',
  order: 'shuffled',
  start: ({ hosts }) => {
    const most = Math.ceil(hosts / PERIODS_A_DAY)
    return {
      firstLookS: 0,
      decide: (seen, tS): GateDecision => {
        const granted = seen.waves.at(-1)?.exposed.range.to ?? 0
        if (granted === 0) return { kind: 'expose', hosts: 1, control: null, againS: PERIOD_S }
        const { failed, inProgress, timedOut } = countsOf(seen, tS)
        if (granted === 1 && failed > 0) return { kind: 'stop', why: 'the first update failed', againS: null }
        if (timedOut >= most) return { kind: 'stop', why: 'too many updates timed out', againS: null }
        if (granted === hosts || inProgress >= most) return { kind: 'wait', againS: PERIOD_S }
        return { kind: 'expose', hosts: Math.min(hosts, granted + most), control: null, againS: PERIOD_S }
      },
    }
  },
}

function countsOf({ waves }: Seen, tS: number) {
  let [failed, inProgress, timedOut] = [0, 0, 0]
  for (const { exposed } of waves) {
    const late = exposed.overdue(UPDATE_TIMEOUT_S, tS)
    failed += exposed.events('failure') + exposed.events('apply-failure')
    timedOut += late - exposed.overdue(SEEN_WITHIN_S, tS)
    inProgress += exposed.overdue(0, tS) - late
  }
  return { failed, inProgress, timedOut }
}

import type { Beacon, HostStatus } from '@firebreak/api'
import { formatCount, visibleText } from './format.ts'

/** What the owner's policy on a host makes of new releases, in words. Everything in it is the host's own text. Pure. */

type Stance = Beacon['customer']

const TAKES: Readonly<Record<Stance['takes'], string>> = {
  'at-once': 'Takes releases at once',
  later: 'Takes releases later',
  never: 'Takes no new release',
}
const STALENESS: Readonly<Record<Stance['staleness'], string>> = {
  fresh: '',
  warn: 'getting stale',
  over: 'stale',
}
const NAME_CHARS_MAX = 64

/** '' when there is nothing that an operator should know: it takes releases at once, by a policy that holds. */
export function stanceNote({ beacon }: HostStatus): string {
  if (beacon === null) return ''
  const { fault, staleness, takes } = beacon.customer
  const parts = [takes === 'at-once' ? '' : TAKES[takes], STALENESS[staleness], fault === '' ? '' : 'policy refused']
  return parts.filter((part) => part !== '').join(', ')
}

export function stanceFacts({ customer, enrolment }: Beacon): readonly (readonly [name: string, value: string])[] {
  const { name, generation, fault, ring, takes, staleness } = customer
  const policy = name === '' ? 'none' : `${visibleText(name, NAME_CHARS_MAX)}, generation ${formatCount(generation)}`
  const stale = STALENESS[staleness]
  return [
    ['Owner’s policy', policy],
    ...(fault === '' ? [] : ([['Newer policy refused', visibleText(fault, NAME_CHARS_MAX)]] as const)),
    ['New releases', TAKES[takes] + (stale === '' ? '' : `, ${stale}`)],
    ...(ring === '' ? [] : ([['Follows ring', visibleText(ring, NAME_CHARS_MAX)]] as const)),
    ['Takes part in', enrolment ? `wave ${enrolment.wave}` : 'no wave'],
  ]
}

/** How many hosts take releases at once, later and never, of those that have reported. */
export function stanceTally(
  hosts: readonly HostStatus[],
): Readonly<Record<Stance['takes'], number>> & { faults: number } {
  const tally = { 'at-once': 0, later: 0, never: 0, faults: 0 }
  for (const { beacon } of hosts) {
    if (beacon === null) continue
    tally[beacon.customer.takes]++
    if (beacon.customer.fault !== '') tally.faults++
  }
  return tally
}

import type { RolloutGate } from './peer.ts'

export const allAtOnce: RolloutGate = {
  name: 'all-at-once',
  title: 'All at once, as in 2024',
  source:
    'CrowdStrike, External Technical Root Cause Analysis: Channel File 291 (6 August 2024): one deployment to every host.',
  order: 'rings',
  start: ({ hosts }) => ({
    firstLookS: 0,
    decide: () => ({ kind: 'expose', hosts, control: null, againS: null }),
  }),
}

import { allAtOnce } from './all-at-once.ts'
import { fixedThreshold } from './fixed-threshold.ts'
import { hawkbit } from './hawkbit.ts'
import { nebraska } from './nebraska.ts'
import type { RolloutGate } from './peer.ts'
import { peeking } from './peeking.ts'
import { sixHourly } from './six-hourly.ts'
import { timeout } from './timeout.ts'

/** All that ours is compared with. Another one is one function, and a line here. */
export const PEERS: readonly RolloutGate[] = [allAtOnce, hawkbit, fixedThreshold, nebraska, timeout, sixHourly, peeking]

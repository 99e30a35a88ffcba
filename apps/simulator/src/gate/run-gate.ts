import { LOOK_SECONDS, type RolloutGate, type Run } from '../peers/peer.ts'
import { Playback } from './playback.ts'
import type { Trace } from './trace.ts'

/** Until every host that is there has asked again, and knows that the release is withdrawn. */
const WITHDRAW_SECONDS = 300
/** When everybody may install, a policy is heard for so long: a stop in that time is late, but not in vain. */
const AFTER_ALL_SECONDS = 7_200

/** Plays one rollout under one policy, up to its end, or the scenario's. */
export function runGate(gate: RolloutGate, trace: Trace): Run {
  const playback = new Playback(trace, gate.order === 'shuffled' ? trace.shuffled : null)
  const run = gate.start(trace)
  const endS = Math.floor(trace.scenario.horizonSeconds / LOOK_SECONDS) * LOOK_SECONDS
  let lastLookS = endS
  for (let tS = run.firstLookS; tS <= lastLookS;) {
    playback.advance(tS)
    const decision = run.decide(playback, tS)
    if (decision.kind === 'stop') {
      playback.advance(Math.min(tS + WITHDRAW_SECONDS, endS))
      return playback.harm.run({ atS: tS, why: decision.why })
    }
    if (decision.kind === 'expose') {
      // With a healthy release and nobody who looks, nothing can come of it any more.
      if (decision.againS === null && trace.scenario.faults.length === 0) {
        playback.harm.exposed(tS, decision.hosts)
        break
      }
      playback.expose(decision.hosts, decision.control)
      if (decision.hosts === trace.hosts) lastLookS = Math.min(lastLookS, tS + AFTER_ALL_SECONDS)
    }
    if (decision.againS === null) break
    tS += decision.againS
  }
  // Hosts that were off come back, and may be harmed.
  if (trace.scenario.faults.length > 0) playback.finish()
  return playback.harm.run(null)
}

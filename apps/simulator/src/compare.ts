import type { World } from '@firebreak/world'
import { runGate } from './gate/run-gate.ts'
import { Trace } from './gate/trace.ts'
import type { RolloutGate, Run } from './peers/peer.ts'
import { PEERS } from './peers/peers.ts'
import type { PolicyFigures } from './report/figures.ts'

/** Other products' policies on the same fleet, with the same release. */
export function comparePeers(world: World): readonly PolicyFigures[] {
  const trace = new Trace(world)
  return PEERS.map((peer) => figuresOf(peer, runGate(peer, trace)))
}

/** What a policy's run says, as a table and a page show it. */
function figuresOf({ name, title }: RolloutGate, run: Run): PolicyFigures {
  const { exposed, harmed, haltSeconds, series } = run
  return { name, title, exposed, harmed, haltSeconds, stopped: run.stoppedAtS !== null, series }
}

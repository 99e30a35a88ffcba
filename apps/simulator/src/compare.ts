import type { World } from '@firebreak/world'
import type { RolloutGate, Run } from './peers/peer.ts'
import type { PolicyFigures } from './report/figures.ts'

/** Other products' policies on the same fleet, with the same release. */
export function comparePeers(_world: World): readonly PolicyFigures[] {
  return []
}

/** What a policy's run says, as a table and a page show it. */
export function figuresOf({ name, title }: RolloutGate, run: Run): PolicyFigures {
  const { exposed, harmed, haltSeconds, series } = run
  return { name, title, exposed, harmed, haltSeconds, stopped: run.stoppedAtS !== null, series }
}

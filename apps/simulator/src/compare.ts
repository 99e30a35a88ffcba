import type { World } from '@firebreak/world'
import type { PolicyFigures } from './report/figures.ts'

/** Other products' policies on the same fleet, with the same release. */
export function comparePeers(_world: World): readonly PolicyFigures[] {
  return []
}

import type { FuzzTarget } from '@firebreak/gate'
import type { Patch } from '../bundle.ts'
import { type Canary, patchOf } from './canary.ts'
import { DOCUMENT_CANARIES } from './documents.ts'
import { EVENT_CANARIES } from './events.ts'
import { IMAGE_CANARIES } from './images.ts'
import { SOURCE_CANARIES } from './sources.ts'

export const CANARIES: readonly Canary[] = [
  ...SOURCE_CANARIES,
  ...IMAGE_CANARIES,
  ...EVENT_CANARIES,
  ...DOCUMENT_CANARIES,
]

/** By which the bundle of its target switches it on. */
export function numberOf(canary: Canary): number {
  return 1 + CANARIES.indexOf(canary)
}

/** All that go into the bundle of a target. */
export function plantedPatches(target: FuzzTarget): readonly Patch[] {
  return CANARIES.filter((one) => one.target === target).map((one) => patchOf(one, numberOf(one)))
}

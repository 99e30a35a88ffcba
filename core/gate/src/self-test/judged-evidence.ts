import type { ParsedPack, SensorSource, VerifiedImage } from '@firebreak/content'
import type { GatePolicy } from '../check/policy.ts'
import type { EngineBuild } from '../contract/engine-build.ts'
import type { CostEvidence } from '../cost/evidence.ts'
import type { ExecutionEvidence } from '../execution/evidence.ts'
import type { FuzzEvidence } from '../fuzz/evidence.ts'
import type { Replay } from '../replay/check-replay.ts'
import type { SelfTestEvidence } from './evidence.ts'

/** What the checks of one run judge besides the source: the real objects, into which faults are seeded. */
export interface JudgedEvidence {
  readonly policy: GatePolicy
  readonly image: VerifiedImage
  readonly engines: readonly EngineBuild[]
  /** What inputs of the release's hosts supply besides their sensors. */
  readonly inputs: readonly SensorSource[]
  readonly execution: ExecutionEvidence
  readonly replay: {
    readonly pack: Pick<ParsedPack, 'rules' | 'correlations'>
    readonly replays: readonly Replay[]
  }
  /** Null: it was not measured. */
  readonly cost: CostEvidence | null
  readonly fuzz: FuzzEvidence
  /** Of a self-test that went well: this one is not over yet. */
  readonly selfTest: SelfTestEvidence
}

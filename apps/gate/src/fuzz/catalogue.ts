import { join } from 'node:path'
import { type CampaignOptions, createCampaign, type Finding, type Format, type Progress } from '@firebreak/fuzz'
import type { FuzzTarget } from '@firebreak/gate'
import type { Patch } from './bundle.ts'
import { BATCH_FORMAT, FRAMES_FORMAT } from './formats/batch.ts'
import { CANONICAL_FORMAT, ENVELOPE_FORMAT, JSON_FORMAT, METADATA_FORMAT } from './formats/documents.ts'
import { IMAGE_FORMAT } from './formats/image.ts'
import { CONDITION_GRAMMAR, INDICATOR_GRAMMAR, REGEX_GRAMMAR, YAML_GRAMMAR } from './formats/grammars.ts'
import { tokenFormat } from './formats/tokens.ts'

/** A campaign, whatever the trees of its format are. */
export interface Fuzzing {
  readonly executions: number
  readonly findings: readonly Finding[]
  readonly corpus: readonly { readonly bytes: Uint8Array }[]
  readonly progress: Progress
  step(executions: number): void
  minimise(executionsMax: number): void
}

export type FuzzingOptions = Omit<CampaignOptions<never>, 'format'>

export interface TargetSpec {
  readonly what: string
  /** A module of `targets/`. */
  readonly entry: string
  /** One in so many of the executions that a policy asks for: of a parser that is so much slower than others. */
  readonly oneIn: number
  /** Blocks that one input may run, with all that the oracles do: about a second. */
  readonly fuelMax: number
  readonly inputBytesMax: number
  /** What stands in for code that no fuzzer gets past. */
  readonly patches: readonly Patch[]
  readonly start: (options: FuzzingOptions) => Fuzzing
}

/** See `FUZZ_SIGNER`. */
const SIGNATURES: readonly Patch[] = [
  {
    file: 'core/crypto/src/signatures.ts',
    find: 'signature.length !== 64) return false\n',
    replace: 'signature.length !== 64) return false\n  return signature[0] === signature[63]\n',
  },
]
const FUEL_MAX = 4_000_000
/** Small inputs run fast; limits that need larger ones are for tests of their own. */
const INPUT_BYTES_MAX = 4_096

function spec<T>(
  module: string,
  what: string,
  format: Format<T> | null,
  more: Partial<Omit<TargetSpec, 'start'>> = {},
): TargetSpec {
  return {
    what,
    entry: join(import.meta.dirname, 'targets', `${module}.ts`),
    oneIn: 1,
    fuelMax: FUEL_MAX,
    inputBytesMax: INPUT_BYTES_MAX,
    patches: [],
    start: (options) => createCampaign({ ...options, format }),
    ...more,
  }
}

/** Every parser that is fuzzed. Slower ones get fewer executions, so that none takes the time of all others. */
export const CATALOGUE: Readonly<Record<FuzzTarget, TargetSpec>> = {
  manifest: spec('manifest', 'pack.yaml, as a tree', JSON_FORMAT, { oneIn: 8 }),
  sigma: spec('sigma', 'Sigma documents, compiled, verified and run', JSON_FORMAT, {
    oneIn: 40,
    fuelMax: 100_000_000,
    inputBytesMax: 16_384,
  }),
  yaml: spec('yaml', 'YAML files, as trees', tokenFormat(YAML_GRAMMAR), { oneIn: 50 }),
  condition: spec('condition', 'conditions of Sigma', tokenFormat(CONDITION_GRAMMAR), {
    oneIn: 2,
    inputBytesMax: 1_024,
  }),
  regex: spec('regex', 'regular expressions and their machine', tokenFormat(REGEX_GRAMMAR), {
    oneIn: 40,
    fuelMax: 100_000_000,
    inputBytesMax: 2_048,
  }),
  indicators: spec('indicators', 'indicator files', tokenFormat(INDICATOR_GRAMMAR), { oneIn: 8 }),
  image: spec('image', 'images: verifier, then engine', IMAGE_FORMAT, { oneIn: 8, inputBytesMax: 32_768 }),
  event: spec('event', 'events as JSON', JSON_FORMAT, { oneIn: 2 }),
  batch: spec('batch', 'batches of records', BATCH_FORMAT, { oneIn: 4 }),
  tuf: spec('tuf', 'root, timestamp, snapshot, targets', METADATA_FORMAT, { oneIn: 8, patches: SIGNATURES }),
  beacon: spec('beacon', 'beacons of hosts', JSON_FORMAT, { oneIn: 8 }),
  plan: spec('plan', 'rollout plans', CANONICAL_FORMAT, { oneIn: 4 }),
  policy: spec('policy', 'customer policies', ENVELOPE_FORMAT, { oneIn: 8, patches: SIGNATURES }),
  report: spec('report', 'gate reports', CANONICAL_FORMAT, { oneIn: 8, inputBytesMax: 16_384 }),
  frames: spec('frames', 'frames between the processes of a host', FRAMES_FORMAT, { oneIn: 10 }),
}

/** Of a module that nothing is known of. */
export function foreignSpec(entry: string): TargetSpec {
  return { ...spec('', 'a module', null), entry, inputBytesMax: 65_536 }
}

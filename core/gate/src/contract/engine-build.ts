import type { SensorSource } from '@firebreak/content'
import type { EngineContract, SuppliedFields } from '@firebreak/detect'
import type { Sha256Hex, Version } from '@firebreak/kernel'

/** One engine that hosts may run, as the gate knows it. */
export interface EngineBuild {
  readonly version: Version
  /** Of the bytes of its archive: every file that its process loads. */
  readonly digest: Sha256Hex
  /** Of git; null: the checkout that the gate itself is part of. */
  readonly commit: string | null
  /** What its own code says that it supplies, without inputs. */
  readonly supplies: { readonly features: readonly string[]; readonly fields: readonly SuppliedFields[] }
  /** Whether hosts with it may have inputs besides their sensor. */
  readonly takesInputs: boolean
  /** Whether it tells what an event took. */
  readonly tellsWork: boolean
}

/** What hosts with this engine supply. @param inputs - what inputs of the release's hosts supply besides */
export function contractOf(build: EngineBuild, inputs: readonly SensorSource[]): EngineContract {
  const { version, supplies, takesInputs } = build
  return { engineVersion: version, ...supplies, inputs: takesInputs ? inputs : [] }
}

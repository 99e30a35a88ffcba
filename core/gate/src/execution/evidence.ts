import type { HostEvent } from '@firebreak/detect'
import type { Sha256Hex, Version } from '@firebreak/kernel'
import type { ExecutionCase, ExecutionResult } from './execution.ts'

/** Events without a stated verdict: every engine has to judge them alike, and survive them. */
export interface EventCorpus {
  /** For a person: `benign`, `attack`. */
  readonly name: string
  readonly events: readonly HostEvent[]
}

/** What the engines are asked about one image. */
export interface ExecutionTask {
  /** For a person: `tests`, `field sweep`. */
  readonly name: string
  readonly image: Uint8Array
  readonly minimumEngine: Version
  readonly cases: readonly ExecutionCase[]
  /** Behind the cases, in this order: event n of the task is a case, or of the first corpus, and so on. */
  readonly corpora: readonly EventCorpus[]
  /** Every rule that has to be executed. */
  readonly ruleIds: readonly string[]
  /** What may fire beside the rules, once enough events came. */
  readonly correlationIds: readonly string[]
}

/** Layers of the sandbox that engine processes of a build have on this machine. */
export interface SandboxTier {
  readonly active: readonly string[]
  readonly missing: readonly string[]
}

/** What one engine made of one task. */
export interface EngineRun {
  readonly engine: { readonly version: Version; readonly digest: Sha256Hex }
  /** Null: not known, because no process of it could be started. */
  readonly sandbox: SandboxTier | null
  readonly result: ExecutionResult
}

/** An engine that the policy names and that could not be asked. */
export interface MissingEngine {
  readonly version: Version
  readonly reason: string
}

export interface ExecutionEvidence {
  readonly tasks: readonly { readonly task: ExecutionTask; readonly runs: readonly EngineRun[] }[]
  readonly missing: readonly MissingEngine[]
}

/** An event as a finding shows it. */
export interface NamedEvent {
  readonly name: string
  readonly input: string
}

/** Event n of a task, for a person; null when there is none. */
export function eventAt({ cases, corpora }: ExecutionTask, index: number): NamedEvent | null {
  const one = cases[index]
  if (one !== undefined) return { name: one.name, input: JSON.stringify(one.event) }
  let from = cases.length
  for (const { name, events } of corpora) {
    const event = events[index - from]
    if (event !== undefined)
      return { name: `event ${index - from + 1} of the ${name} corpus`, input: JSON.stringify(event) }
    from += events.length
  }
  return null
}

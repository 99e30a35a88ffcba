import type { CompiledPack, PackSource, ParsedPack } from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'
import type { CheckId, CheckResult } from '../check/check.ts'

/** Where a control can be rejected: by a check, or by whoever reads the report. */
export type ControlPlace = CheckId | 'report'

/** The check that has to reject a fault, and the code that it has to give for it. */
export interface Aim {
  readonly check: ControlPlace
  /** Empty where the check says so in its reason only, without a finding. */
  readonly code: string
  /** `inconclusive`, `not-run`: the fault keeps the gate from finding out, which is no pass either. `fail` where it is not given. */
  readonly verdict?: 'fail' | 'inconclusive' | 'not-run'
  /** Checks that may reject this fault besides, because it can't be made otherwise. */
  readonly also?: readonly ControlPlace[]
}

interface Fault {
  /** Unique, in kebab-case. */
  readonly id: string
  readonly aims: Aim
  /** One sentence: what is wrong with the altered subject. */
  readonly what: string
}

/** A fault in what the author wrote. Applies to any pack: where there is no place for it, it brings a rule of its own. */
export interface SourceFault extends Fault {
  readonly kind: 'source'
  readonly apply: (source: PackSource, random: Random) => PackSource
}

/** A fault in what was read, which the reader itself would have refused. */
export interface PackFault extends Fault {
  readonly kind: 'pack'
  readonly apply: (pack: ParsedPack, random: Random) => ParsedPack
}

/** A fault in the image, or in what the compiler says about it. The pack has one of everything that an image can hold. */
export interface ImageFault extends Fault {
  readonly kind: 'image'
  readonly apply: (compiled: CompiledPack, random: Random) => CompiledPack
}

/** A fault in what engines, corpora, meters and fuzzers found out, or in who says so. */
export interface EvidenceFault<Evidence> extends Fault {
  readonly kind: 'evidence'
  readonly apply: (evidence: Evidence, random: Random) => Evidence
}

/** A fault in the report after it was written. */
export interface ReportFault extends Fault {
  readonly kind: 'report'
  readonly apply: (report: Uint8Array, random: Random) => Uint8Array
}

/** One way to break a release, in the style of ConfErr: a mistake that somebody could make, seeded on purpose. */
export type Operator<Evidence> = SourceFault | PackFault | ImageFault | EvidenceFault<Evidence> | ReportFault

/** Codes and ids of checks that the gate leaves out, to see whether it is noticed. Empty in every real run. */
export type Omit = ReadonlySet<string>

/**
 * The gate, as functions of what operators alter. Each returns the checks that run at that level, and never throws on a
 * bad subject.
 */
export interface SelfTestPipeline<Evidence> {
  /** The checks that need the source only. */
  readonly judgeSource: (source: PackSource, omit: Omit) => readonly CheckResult[]
  /** `tests`, of a pack that was read. */
  readonly judgePack: (pack: ParsedPack, omit: Omit) => readonly CheckResult[]
  /** `verify`, of an image that somebody else may have changed. */
  readonly judgeImage: (compiled: CompiledPack, omit: Omit) => readonly CheckResult[]
  /** The checks that judge evidence. */
  readonly judgeEvidence: (evidence: Evidence, omit: Omit) => readonly CheckResult[]
  /** Null when the bytes are a report that may be believed, else the code with which it is refused. */
  readonly refuseReport: (report: Uint8Array, omit: Omit) => string | null
}

/** What there is to seed faults into. */
export interface Subject<Evidence> {
  /** The gate, as it is asked about this pack. */
  readonly pipeline: SelfTestPipeline<Evidence>
  readonly source: PackSource
  readonly pack: ParsedPack
  readonly compiled: CompiledPack
  readonly evidence: Evidence
  readonly report: Uint8Array
}

/** How a control ended: which places said no, and with which codes. */
export interface Outcome {
  readonly failed: readonly ControlPlace[]
  readonly inconclusive: readonly ControlPlace[]
  /** Of which only that of the check at which a fault aims tells anything: others wait for a check that failed. */
  readonly notRun: readonly ControlPlace[]
  /** `check code` of every error. */
  readonly errors: ReadonlySet<string>
}

export function outcomeOf(checks: readonly CheckResult[]): Outcome {
  const of = (verdict: string): readonly CheckId[] =>
    checks.filter((one) => one.verdict === verdict).map(({ id }) => id)
  const errors = checks.flatMap(({ id, findings }) =>
    findings.filter(({ severity }) => severity === 'error').map(({ code }) => `${id} ${code}`),
  )
  return { failed: of('fail'), inconclusive: of('inconclusive'), notRun: of('not-run'), errors: new Set(errors) }
}

/** Why a control was not rejected as it has to be; null when it was. */
export function missed({ check, code, verdict = 'fail', also = [] }: Aim, outcome: Outcome): string | null {
  const said = { fail: outcome.failed, inconclusive: outcome.inconclusive, 'not-run': outcome.notRun }
  if (!said[verdict].includes(check)) return `${check} does not say ${verdict}; ${saidInstead(outcome)}`
  if (code !== '' && !outcome.errors.has(`${check} ${code}`))
    return `${check} does not say ${code}; ${saidInstead(outcome)}`
  const others = [...outcome.failed, ...outcome.inconclusive].filter((id) => id !== check && !also.includes(id))
  return others.length === 0 ? null : `${others.join(', ')} rejected it as well`
}

function saidInstead({ errors }: Outcome): string {
  return errors.size === 0 ? 'nothing rejected it' : `it was rejected with ${[...errors].slice(0, 3).join(', ')}`
}

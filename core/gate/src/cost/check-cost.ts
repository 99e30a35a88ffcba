import { ContentError, regexCost, type VerifiedImage, verifyRegex } from '@firebreak/content'
import { PPM_ALL } from '@firebreak/kernel'
import { type CheckResult, failed, type Finding, inconclusive, passed } from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import type { CostSummary } from '../report/parts.ts'
import { REPORT_LIST_MAX } from '../report/read-parts.ts'
import { countOf, timesOf } from '../report/words.ts'
import { costFinding } from './codes.ts'
import type { CostEvidence, CostMeasure } from './evidence.ts'
import { PAIRS_MIN, type PairedRatio, pairedRatio } from './paired-ratio.ts'

/** Below these nobody notices: half as much again of nearly nothing is nearly nothing. */
export const FUEL_PER_EVENT_FLOOR = 16
export const CPU_NS_PER_EVENT_FLOOR = 2_000
export const MEMORY_BYTES_FLOOR: number = 4 * 1024 * 1024
/** What an engine takes whatever its image: its arenas and columns. */
const ENGINE_BYTES: number = 8 * 1024 * 1024

/**
 * Whether events cost more than they may: against the running release, in one paired run, and against what the image itself declares. Counted work decides,
 * as it is the same everywhere; CPU time only where its ratio is surely too high, as it is never twice the same.
 *
 * @param evidence - null: it was not measured
 */
export function checkCost(image: VerifiedImage, evidence: CostEvidence | null, policy: GatePolicy): CheckResult {
  const regexes = regexFindings(image)
  if (evidence === null || evidence.events === 0) {
    return inconclusive('cost', 'What events cost was not measured.', regexes)
  }
  const ratio = pairedRatio(evidence.pairs)
  const findings = [...boundFindings(image, evidence, policy), ...ratioFindings(evidence, ratio, policy), ...regexes]
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) return failed('cost', first.message, findings)
  if (evidence.running !== null && ratio === null) {
    const reason = `Only ${evidence.pairs.length} pairs of blocks were measured; fewer than ${PAIRS_MIN} say nothing.`
    return inconclusive('cost', reason, findings)
  }
  return passed('cost', reasonOf(evidence, ratio), findings)
}

/** What a report shows of it. */
export function costSummary({ events, candidate, running, pairs }: CostEvidence): CostSummary {
  const ratio = pairedRatio(pairs)
  const figures = ({ cpuNsPerEvent, fuel, fuelPeak, memoryBytes }: CostMeasure) => ({
    cpuNsPerEvent: Math.round(cpuNsPerEvent),
    fuelPerEvent: Math.round(fuel / Math.max(1, events)),
    fuelPerEventPeak: fuelPeak,
    memoryBytes,
  })
  return {
    events,
    candidate: figures(candidate),
    running: running && figures(running),
    ratioPpm: ratio && Math.round(ratio.median * PPM_ALL),
    pairs: pairs.slice(0, REPORT_LIST_MAX.costPairs),
  }
}

/** How much more than the running release, of what there is more of; 1 where nothing runs yet, or both are next to nothing. */
export function fuelRatio({ events, candidate, running }: CostEvidence): number {
  if (running === null) return 1
  const floor = FUEL_PER_EVENT_FLOOR * events
  return Math.max(candidate.fuel, floor) / Math.max(running.fuel, floor)
}

export function memoryRatio({ candidate, running }: CostEvidence): number {
  if (running === null) return 1
  return Math.max(candidate.memoryBytes, MEMORY_BYTES_FLOOR) / Math.max(running.memoryBytes, MEMORY_BYTES_FLOOR)
}

function boundFindings(image: VerifiedImage, { candidate }: CostEvidence, policy: GatePolicy): readonly Finding[] {
  const { fuelPeak, memoryBytes, peakEvent: input } = candidate
  const { stepsPerByte, memoryBytes: declaredBytes } = image.costBound
  const findings: Finding[] = []
  if (!(fuelPeak <= policy.fuelPerEventMax)) {
    const message = `One event sets off ${countOf(fuelPeak)} nodes and predicates; the policy allows ${countOf(policy.fuelPerEventMax)}.`
    findings.push(costFinding('gate/cost-peak', message, { input, fix: 'Give rules a literal that most events lack.' }))
  }
  if (!(fuelPeak <= stepsPerByte)) {
    const message = `One event sets off ${countOf(fuelPeak)} nodes and predicates; the image declares ${countOf(stepsPerByte)} steps at most.`
    findings.push(costFinding('gate/cost-undeclared', message, { input }))
  }
  if (!(memoryBytes <= declaredBytes + ENGINE_BYTES)) {
    const message = `Loaded it takes ${countOf(memoryBytes)} bytes; the image declares ${countOf(declaredBytes)} at most.`
    findings.push(costFinding('gate/cost-undeclared', message))
  }
  return findings
}

function ratioFindings(evidence: CostEvidence, ratio: PairedRatio | null, policy: GatePolicy): readonly Finding[] {
  const { candidate, running, events } = evidence
  if (running === null) return []
  const allowed = policy.costRatioPpmMax / PPM_ALL
  const allows = `the policy allows ${timesOf(policy.costRatioPpmMax)} times`
  const findings: Finding[] = []
  const [fuel, memory] = [fuelRatio(evidence), memoryRatio(evidence)]
  if (!(fuel <= allowed)) {
    const each = (one: CostMeasure) => (one.fuel / events).toFixed(1)
    const message = `An event sets off ${each(candidate)} nodes and predicates, with the running release ${each(running)}: ${times(fuel)}; ${allows}.`
    findings.push(costFinding('gate/cost-fuel', message, { input: candidate.peakEvent }))
  }
  const addedNs = candidate.cpuNsPerEvent - running.cpuNsPerEvent
  if (ratio !== null && ratio.lower > allowed && addedNs > CPU_NS_PER_EVENT_FLOOR) {
    const message = `An event takes ${times(ratio.median)} the CPU time of the running release, at least ${times(ratio.lower)}; ${allows}.`
    findings.push(costFinding('gate/cost-cpu', message))
  }
  if (!(memory <= allowed)) {
    const message = `Loaded it takes ${countOf(candidate.memoryBytes)} bytes, the running release ${countOf(running.memoryBytes)}: ${times(memory)}; ${allows}.`
    findings.push(costFinding('gate/cost-memory', message))
  }
  return findings
}

/** Verified once more, by itself: that expressions are linear is not to rest on the image having been verified. */
function regexFindings({ tables: { regexes } }: VerifiedImage): readonly Finding[] {
  let worst = 0
  for (const [i, program] of regexes.entries()) {
    try {
      verifyRegex(program)
    } catch (error) {
      if (!(error instanceof ContentError)) throw error
      return [costFinding('gate/cost-regex', `Regular expression ${i + 1} of the image: ${error.message}`)]
    }
    worst = Math.max(worst, regexCost(program))
  }
  if (regexes.length === 0) return []
  const message = `All ${regexes.length} regular expressions run in linear time: the worst takes at most ${worst} steps for a character.`
  return [costFinding('gate/cost-regexes', message)]
}

function reasonOf(evidence: CostEvidence, ratio: PairedRatio | null): string {
  const { candidate, events } = evidence
  const each = (candidate.fuel / events).toFixed(1)
  const own = `An event sets off ${each} nodes and predicates, ${countOf(candidate.fuelPeak)} at most`
  if (ratio === null) return `${own}; nothing runs yet to hold it against.`
  const cpu = `${times(ratio.median)} the CPU time (${ratio.lower.toFixed(2)} to ${ratio.upper.toFixed(2)})`
  return `${own}: ${times(fuelRatio(evidence))} the running release, with ${cpu} and ${times(memoryRatio(evidence))} the memory.`
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`
}

import { compareEngines, generateEvent } from '@firebreak/plain-evaluator'
import { asRecord, createEngines } from './engines.ts'
import { HAS_SHARED_DATA, PLACEHOLDERS, SHARED_DATA, sigmaHqRules } from './sigmahq.ts'

export interface EngineFuzz {
  readonly executions: number
  /** (event, rule) pairs that all say match. */
  readonly agreed: number
  readonly failed: number
  /** The first few differences, each with the position of its event. */
  readonly failures: readonly string[]
}

const FAILURES_MAX = 10

/** Judges events generated from SigmaHQ's rules three ways: plainly, as JSON, as records. */
export function fuzzEngine(seed: number): (from: number, executions: number) => EngineFuzz {
  if (!HAS_SHARED_DATA) throw new Error(`${SHARED_DATA} is absent`)
  const engines = createEngines(sigmaHqRules(), PLACEHOLDERS)
  return (from, executions) => {
    const numbers = Array.from({ length: executions }, (_, i) => from + i)
    const events = numbers.map((n) => generateEvent(engines.documents, seed, n, PLACEHOLDERS))
    const json = compareEngines(engines.json, engines.plain, events, FAILURES_MAX)
    const records = events.map(asRecord).filter((one) => one !== null)
    const record = compareEngines(engines.record, engines.json, records, FAILURES_MAX)
    const failures = [...json.differences, ...record.differences].map(({ rule, matches, event }) =>
      JSON.stringify({ seed, ruleId: rule, matches, json: event.json, source: event.source ?? null }),
    )
    return { executions, agreed: json.agreed, failed: json.differing + record.differing, failures }
  }
}

/** Stands in for `fast-check` while mutants run: a property that would take too long tries fewer cases than its test asks for. */
import * as fastCheck from 'fast-check'

export * from 'fast-check'

let casesMax = Number.POSITIVE_INFINITY

export function limitCases(most: number): void {
  casesMax = most
}

/** Cases of a property that says nothing itself, of 100: what more cases would catch counts as survived. */
const CASES = 20

export const assert = ((property: never, parameters: { readonly numRuns?: number } = {}) => {
  const numRuns = Math.min(parameters.numRuns ?? CASES, casesMax)
  return fastCheck.assert(property, { seed: 1, ...parameters, numRuns, endOnFailure: true })
}) as typeof fastCheck.assert

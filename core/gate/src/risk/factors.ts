import type { CheckResult } from '../check/check.ts'
import { CPU_NS_PER_EVENT_FLOOR, fuelRatio, memoryRatio } from '../cost/check-cost.ts'
import type { CostEvidence } from '../cost/evidence.ts'
import { pairedRatio } from '../cost/paired-ratio.ts'
import type { ChangeClass, SemanticDiff } from '../diff/semantic-diff.ts'
import { ratePpm } from '../replay/rate.ts'
import { countOf, plural } from '../report/words.ts'

/** Ways of reading a field that no release before this one had. */
export interface FirstUses {
  readonly firstUses: readonly { readonly source: string; readonly field: string; readonly matcher: string }[]
  /** False: nothing is known of earlier releases. */
  readonly hasHistory: boolean
}

/** How earlier releases of the same pack went. */
export interface AuthorHistory {
  readonly releases: number
  /** Halted or recalled, each release once. */
  readonly harmed: number
}

/** What the score rests on. */
export interface RiskInput {
  readonly diff: SemanticDiff
  readonly novelty: FirstUses
  /** Null: not measured. */
  readonly cost: CostEvidence | null
  /** The result of the check `replay`. */
  readonly replay: CheckResult
  /** Null: not known, which is no better than none. */
  readonly author: AuthorHistory | null
}

export const RISK_CODES = [
  'first-release',
  'newly-enabled',
  'matches-more',
  'unresolved',
  'other-changes',
  'ordinary-events',
  'not-compared',
  'indicators',
  'fields',
  'features',
  'first-uses',
  'cost',
  'replay',
  'author-new',
  'author-harmed',
] as const
export type RiskCode = (typeof RISK_CODES)[number]

export interface RiskFactor {
  readonly code: RiskCode
  /** The most points that it can have. */
  readonly pointsMax: number
  /** Never fewer points for more of what it counts. */
  readonly judge: (input: RiskInput) => { readonly points: number; readonly message: string }
}

/**
 * The weights are a judgement, not a measurement: what has brought down fleets (content that fires for everything, first use of a field or feature,
 * everything new at once) weighs most, what only costs detections least.
 */
export const RISK_FACTORS: readonly RiskFactor[] = [
  factor('first-release', 15, ({ diff }) => {
    return [diff.against === null ? 15 : 0, 'Hosts run no release that it could be held against: everything is new.']
  }),
  factor('newly-enabled', 16, ({ diff }) =>
    classFactor(diff, 'newly-enabled', 4, 'not there before, or for another log source'),
  ),
  factor('matches-more', 20, ({ diff }) =>
    classFactor(diff, 'matches-more', 6, 'now firing for events for which they did not'),
  ),
  factor('unresolved', 20, ({ diff }) => classFactor(diff, 'unresolved', 6, 'changed in a way that no event shows')),
  factor('other-changes', 10, ({ diff: { byClass } }) => {
    const count = byClass['level-raised'] + byClass.removed + byClass['matches-less'] + byClass['level-lowered']
    return [graded(count, 2), `${plural(count, 'rule')} of another level, removed, or firing for less.`]
  }),
  factor('ordinary-events', 16, ({ diff }) => {
    const ppm = ratePpm(diff.newlyMatched.benign, diff.compared.benign)
    const points = stepped(ppm, [1, 6], [101, 10], [1_001, 16])
    return [
      points,
      `It fires for ${plural(diff.newlyMatched.benign, 'ordinary event')} for which nothing fired: ${countOf(ppm)} ppm.`,
    ]
  }),
  factor('not-compared', 10, ({ diff: { compared, unanswered } }) => {
    const isBlind = compared.benign === 0 || unanswered.benign > 0
    return [isBlind ? 10 : 0, 'Not every ordinary event was judged by both releases.']
  }),
  factor('indicators', 5, ({ diff: { indicators } }) => {
    const added = indicators.reduce((sum, one) => sum + one.added, 0)
    return [stepped(added, [1, 1], [1_000, 3], [10_000, 5]), `${plural(added, 'indicator')} added.`]
  }),
  factor('fields', 8, ({ diff: { fieldsAddedCount } }) => {
    return [
      graded(fieldsAddedCount, 2),
      `${plural(fieldsAddedCount, 'field')} read that the running release does not read.`,
    ]
  }),
  factor('features', 16, ({ diff: { featuresAdded } }) => {
    return [
      8 * featuresAdded.length,
      `Features of the engine that the running release does not use: ${featuresAdded.join(', ')}.`,
    ]
  }),
  factor('first-uses', 20, ({ novelty: { firstUses, hasHistory } }) => {
    if (!hasHistory)
      return [20, 'Nothing is known of earlier releases: every way of reading a field counts as a first one.']
    const [first] = firstUses
    const example = first ? `, as ${first.field} (${first.matcher}) of ${first.source}` : ''
    return [
      graded(firstUses.length, 7),
      `${plural(firstUses.length, 'way')} of reading a field that no release ever used${example}.`,
    ]
  }),
  factor('cost', 12, costFactor),
  factor('replay', 12, ({ replay: { verdict, findings } }) => {
    if (verdict !== 'pass') return [12, 'Ordinary activity was not replayed with a pass.']
    const firing = findings.filter(({ code }) => code === 'gate/ordinary-match').length
    const unknown = findings.filter(
      ({ code }) => code === 'gate/source-not-replayed' || code === 'gate/corpus-small',
    ).length
    const message = `${plural(firing, 'rule')} firing for ordinary activity; ${plural(unknown, 'gap')} in what was replayed.`
    return [graded(firing, 3) + graded(unknown, 2), message]
  }),
  factor('author-new', 12, ({ author }) => {
    const releases = author?.releases ?? 0
    const points = releases === 0 ? 12 : releases < 3 ? 8 : releases < 10 ? 4 : 0
    return [
      points,
      releases === 0
        ? 'No earlier release of this pack is known.'
        : `Only ${plural(releases, 'earlier release')} of this pack.`,
    ]
  }),
  factor('author-harmed', 20, ({ author }) => {
    const harmed = author?.harmed ?? 0
    return [graded(harmed, 6), `${plural(harmed, 'earlier release')} of this pack halted or recalled.`]
  }),
]

type Judged = readonly [points: number, message: string]

function factor(code: RiskCode, pointsMax: number, judge: (input: RiskInput) => Judged): RiskFactor {
  return {
    code,
    pointsMax,
    judge: (input) => {
      const [points, message] = judge(input)
      // What can't be a number counts in full.
      return { points: Number.isFinite(points) ? Math.min(pointsMax, Math.max(0, points)) : pointsMax, message }
    },
  }
}

function classFactor({ byClass }: SemanticDiff, is: ChangeClass, points: number, what: string): Judged {
  return [graded(byClass[is], points), `${plural(byClass[is], 'rule')} ${what}.`]
}

/** The first counts most: `points` for one, twice that for three, three times for seven. */
function graded(count: number, points: number): number {
  return Math.round(points * Math.log2(1 + count))
}

/** The points of the last threshold that is reached; NaN of no number. */
function stepped(value: number, ...steps: readonly (readonly [from: number, points: number])[]): number {
  return Number.isNaN(value) ? value : (steps.findLast(([from]) => value >= from)?.[1] ?? 0)
}

function costFactor({ cost }: RiskInput): Judged {
  if (cost === null) return [12, 'What events cost was not measured.']
  if (cost.running === null) return [0, '']
  const [fuel, memory, cpu] = [fuelRatio(cost), memoryRatio(cost), pairedRatio(cost.pairs)]
  const isSlower = cost.candidate.cpuNsPerEvent - cost.running.cpuNsPerEvent > CPU_NS_PER_EVENT_FLOOR
  const lower = isSlower ? (cpu?.lower ?? Number.POSITIVE_INFINITY) : 1
  const points =
    stepped(fuel, [1.05, 2], [1.2, 4], [1.4, 6]) + stepped(memory, [1.1, 1], [1.3, 3]) + stepped(lower, [1.1, 3])
  return [
    points,
    `Events set off ${fuel.toFixed(2)} times the work of the running release, in ${memory.toFixed(2)} times the memory.`,
  ]
}

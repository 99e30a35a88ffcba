import { type Ppm, PPM_ALL, type WallMs } from '@firebreak/kernel'
import { RISK_SCORE_MAX, type ReleaseRisk } from '@firebreak/rollout'
import type { RiskSummary } from '../report/parts.ts'
import { RISK_FACTORS, type RiskCode, type RiskInput } from './factors.ts'

export const RISK_CLASSES = ['low', 'moderate', 'high', 'extreme'] as const
export type RiskClass = (typeof RISK_CLASSES)[number]

/** How careful the rollout of a release has to be, and why. */
export interface RiskScore {
  /** 0 to 100: the sum of the points of the reasons, and no more than RISK_SCORE_MAX. */
  readonly score: number
  readonly class: RiskClass
  /** Most points first. Only what has any. */
  readonly reasons: readonly RiskReason[]
  /** Of each ring, in its first wave, at most. */
  readonly firstWavePpmMax: Ppm
  /** Each wave is watched at least this long. */
  readonly bakeMsMin: WallMs
}

export interface RiskReason {
  readonly code: RiskCode
  readonly points: number
  /** One sentence for a person. */
  readonly message: string
}

const MINUTE_MS = 60_000

type Step = Pick<RiskScore, 'class' | 'firstWavePpmMax' | 'bakeMsMin'> & { readonly from: number }

/** From which score on, and what follows. The waves and bakes of the policy are for an ordinary release: below 20 nothing is added to them. */
const MOST_CAREFUL: Step = { from: 70, class: 'extreme', firstWavePpmMax: 1_000, bakeMsMin: 120 * MINUTE_MS }
const STEPS: readonly Step[] = [
  MOST_CAREFUL,
  { from: 40, class: 'high', firstWavePpmMax: 10_000, bakeMsMin: 45 * MINUTE_MS },
  { from: 20, class: 'moderate', firstWavePpmMax: 100_000, bakeMsMin: 15 * MINUTE_MS },
  { from: 0, class: 'low', firstWavePpmMax: PPM_ALL, bakeMsMin: 0 },
]

/**
 * Adds up what about a release could harm hosts. Explained, the same for the same input, and monotone: a further risk never lowers the score, a
 * higher score never asks for less care. What is not known counts as the worst that it could be.
 */
export function scoreRisk(input: RiskInput): RiskScore {
  const reasons = RISK_FACTORS.flatMap(({ code, judge }): readonly RiskReason[] => {
    const { points, message } = judge(input)
    return points > 0 ? [{ code, points, message }] : []
  }).toSorted((a, b) => b.points - a.points)
  const score = Math.min(
    RISK_SCORE_MAX,
    reasons.reduce((sum, { points }) => sum + points, 0),
  )
  return { score, reasons, ...stepOf(score) }
}

/** What approvers sign of it: the part that a rollout obeys. */
export function releaseRisk({ score, firstWavePpmMax, bakeMsMin }: RiskScore): ReleaseRisk {
  return { score, firstWavePpmMax, bakeMsMin }
}

export function riskSummary({ score, reasons, firstWavePpmMax, bakeMsMin }: RiskScore): RiskSummary {
  return {
    score,
    reasons: reasons.map(({ points, message }) => ({ points, reason: message })),
    firstWavePpmMax,
    bakeMsMin,
  }
}

/** A score that is no number is below none of the steps. */
function stepOf(score: number): Pick<RiskScore, 'class' | 'firstWavePpmMax' | 'bakeMsMin'> {
  const { from: _, ...step } = STEPS.find(({ from }) => !(score < from)) ?? MOST_CAREFUL
  return step
}

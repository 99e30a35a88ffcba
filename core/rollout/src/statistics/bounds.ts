import { assert, PPM_ALL } from '@firebreak/kernel'
import { logFactorial } from './log-factorial.ts'

/** Hosts of one arm, and how many of them were struck. */
export interface ArmCount {
  readonly events: number
  readonly hosts: number
}

/** Each step halves the interval: more than a double can tell apart. */
const BISECTIONS = 60
/** Terms of a sum that are smaller than this share of it are rounding. */
const NEGLIGIBLE = 1e-17

/**
 * The exact upper limit of the mean of a Poisson count (Garwood 1936): the mean under which so few would be seen only by the share of cases that
 * the confidence leaves. 2.996 at 0 events and 950,000 ppm, the "rule of three".
 */
export function poissonUpper(events: number, confidencePpm: number): number {
  const doubt = doubtOf(confidencePpm)
  // Chernoff: at this mean so few are rarer than `doubt`.
  const log = -Math.log(doubt)
  const highest = events + log + Math.sqrt(log * log + 2 * events * log)
  return bisect(events, highest, (mean) => poissonAtMost(events, mean) > doubt)
}

/** The exact lower limit of the mean of a Poisson count; 0 at 0 events. */
export function poissonLower(events: number, confidencePpm: number): number {
  const doubt = doubtOf(confidencePpm)
  if (events === 0) return 0
  return bisect(0, events, (mean) => poissonAtLeast(events, mean) < doubt)
}

/**
 * Upper limit of how much likelier an exposed host is to be struck than one of the control: from the exact limits of both arms, and never
 * less than if nothing had happened to anybody. A count of hosts is less spread than a Poisson count with the same mean, which makes
 * both limits wider than need be.
 *
 * Next to a control that is at least as large as the exposed arm they are joined by the square-and-add method (Zou, Donner 2008): the difference plus
 * the root of the squared distances. It promises no more than it holds wherever it was tried (bounds.test.ts). Next to a smaller control it
 * would: there each arm gets half of the doubt, which holds always.
 *
 * For one moment chosen beforehand, not for the smallest over many looks; and for hosts that are struck independently.
 *
 * @returns from 0 to 1; 1 if nobody was exposed
 */
export function excessRateUpper(exposed: ArmCount, control: ArmCount, confidencePpm: number): number {
  assert(exposed.events <= exposed.hosts && control.events <= control.hosts, 'no more hosts are struck than there are')
  if (exposed.hosts === 0) return 1
  if (control.hosts === 0) return Math.min(1, poissonUpper(exposed.events, confidencePpm) / exposed.hosts)
  const excess = control.hosts < exposed.hosts ? splitExcess : joinedExcess
  const least = poissonUpper(0, confidencePpm) / exposed.hosts
  return Math.min(1, Math.max(least, excess(exposed, control, confidencePpm)))
}

function joinedExcess(exposed: ArmCount, control: ArmCount, confidencePpm: number): number {
  const above = (poissonUpper(exposed.events, confidencePpm) - exposed.events) / exposed.hosts
  const below = (control.events - poissonLower(control.events, confidencePpm)) / control.hosts
  return exposed.events / exposed.hosts - control.events / control.hosts + Math.hypot(above, below)
}

function splitExcess(exposed: ArmCount, control: ArmCount, confidencePpm: number): number {
  const eachPpm = (PPM_ALL + confidencePpm) / 2
  return poissonUpper(exposed.events, eachPpm) / exposed.hosts - poissonLower(control.events, eachPpm) / control.hosts
}

function doubtOf(confidencePpm: number): number {
  assert(confidencePpm > 0 && confidencePpm < PPM_ALL, 'a confidence is above 0 and below 1')
  return 1 - confidencePpm / PPM_ALL
}

/** The number between the two at which `isBelow` turns false. */
function bisect(from: number, to: number, isBelow: (mean: number) => boolean): number {
  let [low, high] = [from, to]
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (isBelow(middle)) low = middle
    else high = middle
  }
  return high
}

/** P(X <= events) for a mean above `events`: summed downwards, where the terms fall. */
function poissonAtMost(events: number, mean: number): number {
  let term = Math.exp(events * Math.log(mean) - mean - logFactorial(events))
  let sum = 0
  for (let k = events; k >= 0 && term > sum * NEGLIGIBLE; k--) {
    sum += term
    term *= k / mean
  }
  return sum
}

/** P(X >= events) for a mean below `events`: summed upwards, where the terms fall. */
function poissonAtLeast(events: number, mean: number): number {
  let term = Math.exp(events * Math.log(mean) - mean - logFactorial(events))
  let sum = 0
  for (let k = events; term > sum * NEGLIGIBLE; k++) {
    sum += term
    term *= mean / (k + 1)
  }
  return sum
}

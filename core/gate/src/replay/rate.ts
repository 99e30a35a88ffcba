import { type Ppm, PPM_ALL } from '@firebreak/kernel'

/** Of the standard normal distribution: beyond it lie 2.5 %. */
const Z = 1.959_964

/**
 * Upper limit of a rate of which `hits` of `events` are known, at 95 % (Wilson 1927, with the width for 97.5, which keeps it from 20 events on, up to half of them). 3.8 in `events` when none hit. For events that are
 * independent, which those of one machine are not quite: it says how little a small corpus can show, and promises nothing.
 *
 * @returns rounded up; PPM_ALL without events
 */
export function rateUpperPpm(hits: number, events: number): Ppm {
  if (events === 0) return PPM_ALL
  const rate = hits / events
  const square = (Z * Z) / events
  const middle = rate + square / 2
  const spread = Z * Math.sqrt((rate * (1 - rate)) / events + square / (4 * events))
  return Math.min(PPM_ALL, Math.ceil((PPM_ALL * (middle + spread)) / (1 + square)))
}

/** Rounded up, so that what is above a limit is seen to be. */
export function ratePpm(hits: number, events: number): Ppm {
  return events === 0 ? 0 : Math.ceil((PPM_ALL * hits) / events)
}

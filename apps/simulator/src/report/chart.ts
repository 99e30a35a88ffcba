import { escapeHtml } from '@firebreak/report-page'
import type { PolicyFigures, SeriesPoint } from './figures.ts'
import { duration, grouped } from './table.ts'

const WIDTH = 840
const HEIGHT = 340
const MARGIN = { top: 16, right: 216, bottom: 44, left: 76 } as const
const LABEL_GAP = 15
/** Colours of the page, in this order: ours first. */
const COLOURS = 8
/** Times that people count in, in seconds. */
const TIME_TICKS = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800] as const

interface Scale {
  readonly x: (tS: number) => number
  readonly y: (n: number) => number
}

/**
 * One number of each policy over time, as lines of steps on logarithmic axes: what takes a minute and what takes a day, ten hosts and
 * millions, are then both to be seen. Zero lies on the bottom line.
 */
export function chart(
  title: string,
  policies: readonly PolicyFigures[],
  value: (point: SeriesPoint) => number,
): string {
  const most = Math.max(10, ...policies.flatMap(({ series }) => series.map(value)))
  const longest = Math.max(60, ...policies.flatMap(({ series }) => series.map(({ tS }) => tS)))
  const scale = scaleTo(longest, most)
  const ends = spread(policies.map(({ series }) => scale.y(value(series.at(-1) ?? { tS: 0, exposed: 0, harmed: 0 }))))
  const lines = policies.map((policy, i) => {
    const path = steps(policy.series, value, scale, longest)
    return `<path class="line c${i % COLOURS}${i === 0 ? ' ours' : ''}" d="${path}"><title>${escapeHtml(policy.title)}</title></path>`
  })
  const labels = policies.map(({ title: name, series }, i) => {
    const n = grouped(value(series.at(-1) ?? { tS: 0, exposed: 0, harmed: 0 }))
    const x = WIDTH - MARGIN.right + 10
    return `<text class="label c${i % COLOURS}${i === 0 ? ' ours' : ''}" x="${x}" y="${round(ends[i] ?? 0)}" dy="0.32em">${escapeHtml(shortened(name))} <tspan class="n">${n}</tspan></text>`
  })
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    ...grid(scale, longest, most),
    ...lines.toReversed(),
    ...labels,
    '</svg>',
  ].join('\n')
}

function scaleTo(longest: number, most: number): Scale {
  const left = MARGIN.left
  const right = WIDTH - MARGIN.right
  const bottom = HEIGHT - MARGIN.bottom
  const log = (n: number): number => Math.log10(Math.max(1, n))
  const top = Math.ceil(log(most))
  return {
    x: (tS) => left + ((right - left) * log(tS)) / log(longest),
    // The lowest tenth is between zero and one.
    y: (n) => bottom - (bottom - MARGIN.top) * (n <= 0 ? 0 : 0.1 + (0.9 * log(n)) / top),
  }
}

/** A number holds until the next one: a line of steps, drawn to the end of time. */
function steps(
  series: readonly SeriesPoint[],
  value: (point: SeriesPoint) => number,
  { x, y }: Scale,
  longest: number,
): string {
  const first = series[0]
  if (first === undefined) return ''
  const parts = [`M${round(x(first.tS))} ${round(y(value(first)))}`]
  for (const point of series.slice(1)) parts.push(`H${round(x(point.tS))}V${round(y(value(point)))}`)
  return `${parts.join('')}H${round(x(longest))}`
}

function grid({ x, y }: Scale, longest: number, most: number): readonly string[] {
  const bottom = HEIGHT - MARGIN.bottom
  const right = WIDTH - MARGIN.right
  const numbers = [0, ...Array.from({ length: Math.ceil(Math.log10(most)) + 1 }, (_, i) => 10 ** i)]
  const times = TIME_TICKS.filter((tS) => tS <= longest)
  return [
    ...numbers.map(
      (n) =>
        `<path class="grid" d="M${MARGIN.left} ${round(y(n))}H${right}"/><text class="tick" x="${MARGIN.left - 8}" y="${round(y(n))}" dy="0.32em" text-anchor="end">${grouped(n)}</text>`,
    ),
    ...times.map(
      (tS) =>
        `<path class="grid" d="M${round(x(tS))} ${MARGIN.top}V${bottom}"/><text class="tick" x="${round(x(tS))}" y="${bottom + 18}" text-anchor="middle">${tickText(tS)}</text>`,
    ),
    `<text class="tick" x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">time since the release was published</text>`,
  ]
}

function tickText(tS: number): string {
  if (tS >= 86_400) return `${tS / 86_400} d`
  return tS >= 3_600 ? `${tS / 3_600} h` : tS >= 60 ? `${tS / 60} min` : duration(tS)
}

/** Labels that would lie on each other move apart, in their order. */
function spread(wanted: readonly number[]): readonly number[] {
  const order = wanted.map((y, i) => ({ y, i })).toSorted((a, b) => a.y - b.y || a.i - b.i)
  const placed = wanted.map(() => 0)
  const bottom = HEIGHT - MARGIN.bottom + LABEL_GAP / 2
  let last = Number.NEGATIVE_INFINITY
  for (const [rank, { y, i }] of order.entries()) {
    // Room is kept for those that come below.
    const lowest = bottom - (order.length - 1 - rank) * LABEL_GAP
    last = Math.min(Math.max(y, last + LABEL_GAP), Math.max(lowest, last + LABEL_GAP))
    placed[i] = last
  }
  return placed
}

const LABEL_CHARS_MAX = 21

function shortened(name: string): string {
  return name.length <= LABEL_CHARS_MAX ? name : `${name.slice(0, LABEL_CHARS_MAX - 1)}…`
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}

import { countOf, type CostPair, type FuzzProgress } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'

/**
 * Lines and bars without a word in them: they are stretched to the width of the page, and words would be stretched too. What a line
 * stands for is told by how it is dashed, not by its colour alone.
 */
const WIDTH = 1_000
const HEIGHT = 160
/** Room above the highest point, so that its line is not cut. */
const TOP = 6

interface Point {
  readonly x: number
  readonly y: number
}

/** CPU time of each block of events, candidate and running release in turns. */
export function costPicture(pairs: readonly CostPair[]): Html {
  const highest = Math.max(1, ...pairs.flatMap(({ candidateNs, runningNs }) => [candidateNs, runningNs]))
  const series = (valueOf: (pair: CostPair) => number): readonly Point[] =>
    pairs.map((pair, i) => ({ x: place(i, pairs.length - 1), y: height(valueOf(pair), highest) }))
  const label = `CPU time of ${pairs.length} blocks of events: candidate and running release`
  return picture(label, [
    line(
      'running',
      series(({ runningNs }) => runningNs),
    ),
    line(
      'candidate',
      series(({ candidateNs }) => candidateNs),
    ),
  ])
}

/** Blocks of a parser's code over executions. Each tenth of the width is as many times more executions. */
export function fuzzPicture(name: string, progress: readonly FuzzProgress[]): Html {
  const [first, last] = [progress[0], progress.at(-1)]
  if (first === undefined || last === undefined) return html``
  const position = ({ executions }: FuzzProgress): number => Math.log(Math.max(1, executions))
  const [from, to] = [position(first), position(last)]
  const points = progress.map((one) => ({
    x: place(position(one) - from, to - from),
    y: height(one.blocks, Math.max(1, last.blocks)),
  }))
  return picture(`${name}: ${countOf(last.blocks)} blocks after ${countOf(last.executions)} executions`, [
    line('candidate', points),
  ])
}

/** A part of a whole, or of the largest. */
export function bar(value: number, most: number, kind: string): Html {
  const percent = most <= 0 ? 0 : Math.round((1_000 * Math.min(value, most)) / most) / 10
  return html`<svg class="bar" aria-hidden="true">
    <rect class="track" width="100%" height="100%" rx="2"></rect>
    <rect class="${kind}" width="${percent}%" height="100%" rx="2"></rect>
  </svg>`
}

/** The piece of line that stands for one series, as in the picture. */
export function legend(kind: 'candidate' | 'running', words: string): Html {
  return html`<span class="legend"
    ><svg width="28" height="10" aria-hidden="true"><line class="${kind}" x1="0" x2="28" y1="5" y2="5"></line></svg>
    ${words}</span
  >`
}

function picture(label: string, lines: readonly Html[]): Html {
  return html`<svg
    class="picture"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <line class="base" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"></line>
    ${lines}
  </svg>`
}

function line(kind: string, points: readonly Point[]): Html {
  const [only] = points
  const drawn =
    points.length === 1 && only !== undefined
      ? [
          { ...only, x: 0 },
          { ...only, x: WIDTH },
        ]
      : points
  return html`<polyline class="${kind}" points="${drawn.map(({ x, y }) => `${x},${y}`).join(' ')}"></polyline>`
}

function place(part: number, whole: number): number {
  return whole <= 0 ? WIDTH : Math.round((WIDTH * part) / whole)
}

function height(value: number, highest: number): number {
  return Math.round(HEIGHT - ((HEIGHT - TOP) * value) / highest)
}

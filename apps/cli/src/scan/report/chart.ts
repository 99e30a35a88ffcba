import { formatUtc } from '@firebreak/kernel'
import { eventTimeMs } from '@firebreak/detect'
import { type Level, levelOf, LEVELS } from '../levels.ts'
import { count } from '../../plural.ts'
import type { Finding } from '../tally.ts'

const BARS = 80
const WIDTH = 1000
const HEIGHT = 120
const GAP = 2
/** A bar that is there can be seen, whatever the highest is. */
const BAR_HEIGHT_MIN = 3
const STEPS_MS = [1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800, 2_592_000].map((s) => s * 1000)

interface Bar {
  readonly fromMs: number
  readonly byLevel: Record<Level, number>
  total: number
}

/** Detections over time, stacked by level, as an SVG without a single style or script of its own; '' when none has a time. */
export function timelineChart(findings: readonly Finding[]): string {
  const times = findings.map(({ detection }) => eventTimeMs(detection)).filter((ms) => ms > 0)
  if (times.length === 0) return ''
  const first = times.reduce((a, b) => Math.min(a, b))
  const last = times.reduce((a, b) => Math.max(a, b))
  const stepMs = STEPS_MS.find((step) => (last - first) / step < BARS) ?? Math.ceil((last - first) / BARS)
  const startMs = Math.floor(first / stepMs) * stepMs
  const bars = barsOf(findings, startMs, stepMs, Math.floor((last - startMs) / stepMs) + 1)
  const highest = bars.reduce((most, { total }) => Math.max(most, total), 1)
  const slot = WIDTH / Math.max(bars.length, 12)
  const drawn = bars.map((bar, index) => drawBar(bar, index * slot, Math.max(1, slot - GAP), highest)).join('')
  const label = `Detections over time, at most ${count(highest)} in ${duration(stepMs)}`
  return [
    `<figure class="chart"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">`,
    `<line class="base" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"></line>${drawn}</svg>`,
    `<figcaption><span>${formatUtc(startMs)}</span><span>${label}</span><span>${formatUtc(last)}</span></figcaption></figure>`,
  ].join('')
}

function barsOf(findings: readonly Finding[], startMs: number, stepMs: number, length: number): readonly Bar[] {
  const bars = Array.from({ length }, (_, index): Bar => {
    const byLevel = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 }
    return { fromMs: startMs + index * stepMs, byLevel, total: 0 }
  })
  for (const { detection } of findings) {
    const timeMs = eventTimeMs(detection)
    const bar = timeMs > 0 ? bars[Math.floor((timeMs - startMs) / stepMs)] : undefined
    if (bar === undefined) continue
    bar.byLevel[levelOf(detection.level)]++
    bar.total++
  }
  return bars
}

function drawBar(bar: Bar, x: number, width: number, highest: number): string {
  if (bar.total === 0) return ''
  const present = LEVELS.filter((level) => bar.byLevel[level] > 0)
  const words = present.toReversed().map((level) => `${count(bar.byLevel[level])} ${level}`)
  const parts: string[] = []
  const full = Math.max(BAR_HEIGHT_MIN * present.length, (HEIGHT * bar.total) / highest)
  let top = HEIGHT - full
  for (const level of present.toReversed()) {
    const height = (full * bar.byLevel[level]) / bar.total
    parts.push(
      `<rect data-level="${level}" x="${fixed(x)}" y="${fixed(top)}" width="${fixed(width)}" height="${fixed(height)}"></rect>`,
    )
    top += height
  }
  return `<g><title>${formatUtc(bar.fromMs)}: ${words.join(', ')}</title>${parts.join('')}</g>`
}

function fixed(number: number): string {
  return String(Math.round(number * 100) / 100)
}

function duration(ms: number): string {
  const units: readonly (readonly [ms: number, name: string])[] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ]
  const [size, name] = units.find(([unit]) => ms >= unit) ?? [1000, 'second']
  const number = Math.max(1, Math.round(ms / size))
  return `${number} ${name}${number === 1 ? '' : 's'}`
}

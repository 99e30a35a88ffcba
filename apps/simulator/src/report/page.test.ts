import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thinned } from './series.ts'
import type { PolicyFigures, Report } from './figures.ts'
import { pageOf } from './page.ts'
import { duration, grouped, tableOf } from './table.ts'

const figures = (name: string, harmed: number): PolicyFigures => ({
  name,
  title: name,
  exposed: harmed,
  harmed,
  haltSeconds: harmed > 100 ? null : 60,
  stopped: harmed <= 100,
  series: [
    { tS: 0, exposed: 0, harmed: 0 },
    { tS: 30, exposed: harmed, harmed },
  ],
})

const REPORT: Report = {
  scenario: 'made-up',
  title: 'A <title> & "more"',
  story: 'made up',
  seed: 1,
  hosts: 1_000_000,
  simulatedSeconds: 90,
  outcome: 'halted',
  ours: figures('Firebreak', 10),
  peers: [figures('all at once', 900_000), figures('<script>alert(1)</script>', 5_000)],
  verdicts: [{ tS: 60, kind: 'halt', reason: 'silence', explanation: '7 hosts fell silent' }],
  checks: [{ name: 'a promise', ok: false, found: 'broken' }],
}

test('the page has everything in it, and nothing that is fetched or run', () => {
  const page = pageOf(REPORT)
  assert.doesNotMatch(page, /<script|https?:|<link|<img|@import|url\(/)
  assert.equal(page.match(/<svg/g)?.length, 2)
  for (const title of ['Firebreak', 'all at once']) assert.ok(page.includes(title))
  assert.match(page, /A &lt;title&gt; &amp; &quot;more&quot;/)
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-/)
  assert.match(page, /prefers-color-scheme:dark/)
})

test('a broken promise is seen, on the page and in the table', () => {
  assert.match(pageOf(REPORT), /class="bad"><b>✗<\/b> a promise/)
  const table = tableOf(REPORT, { wallSeconds: 1, peakMiB: 2 })
  assert.ok(table.includes('NOT  a promise (broken)'), table.join('\n'))
  assert.match(table.join('\n'), /all at once +900,000 +900,000 +never/)
})

test('labels of lines that end at one height lie apart', () => {
  const page = pageOf({ ...REPORT, peers: Array.from({ length: 7 }, (_, i) => figures(`peer ${i}`, 10)) })
  const svg = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'))
  const heights = [...svg.matchAll(/class="label[^"]*" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y))
  assert.equal(heights.length, 8)
  const sorted = heights.toSorted((a, b) => a - b)
  for (const [i, y] of sorted.entries()) assert.ok(i === 0 || y - (sorted[i - 1] ?? 0) >= 14, sorted.join(' '))
  assert.ok((sorted.at(-1) ?? 0) < 330, sorted.join(' '))
})

test('numbers and times as people read them', () => {
  assert.deepEqual([0, 999, 1_000, 8_500_000].map(grouped), ['0', '999', '1,000', '8,500,000'])
  assert.deepEqual([5, 119, 120, 200, 7_200].map(duration), ['5 s', '119 s', '2 min', '3 min 20 s', '2.0 h'])
})

test('a long series is thinned, and keeps its end', () => {
  const points = Array.from({ length: 5_000 }, (_, tS) => ({ tS, exposed: tS, harmed: 0 }))
  const left = thinned(points)
  assert.ok(left.length <= 401)
  assert.equal(left.at(-1), points.at(-1))
})

import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { formatUtc } from '@firebreak/kernel'
import { BASE_STYLE, escapeHtml, headOf, jsonForHtml } from '@firebreak/report-page'
import { type Level, LEVELS } from '../levels.ts'
import { count } from '../../plural.ts'
import { mebibytes } from '../progress.ts'
import type { ScanResult } from '../result.ts'
import { timelineChart } from './chart.ts'
import { HTML_FINDINGS_MAX, pageData } from './page-data.ts'

type Write = (text: string) => void

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

/**
 * A page that stands alone: no resource, no request, and a policy that lets the browser run nothing but this one script.
 * Everything that comes from events is text.
 */
export function writeHtml(result: ScanResult, write: Write): void {
  const script = stripTypeScriptTypes(read('page.ts'))
  write(headOf({ title: titleOf(result), style: BASE_STYLE + read('page.css'), script }))
  write('<body>\n')
  write(
    [
      header(result),
      tiles(result),
      notices(result),
      chart(result),
      rules(result),
      detections(result),
      scanned(result),
    ].join('\n'),
  )
  write('\n<script type="application/json" id="data">')
  write(jsonForHtml(pageData(result)))
  write(`</script>\n<script>${script}</script>\n</body>\n</html>\n`)
}

/** Text in an element: what would hide or turn it stands out. */
function marked(text: string): string {
  return escapeHtml(text, (code) => `<span class="code">${code}</span>`)
}

function titleOf({ tally }: ScanResult): string {
  return `${plural(tally.detections, 'detection')} · Firebreak scan`
}

function header({ rules, tally, files, madeAtMs, isInterrupted }: ScanResult): string {
  const worst = tally.worst()
  const names = files.length === 1 ? (files[0]?.path ?? '') : plural(files.length, 'file')
  return `<header><h1${worst === null ? '' : ` data-level="${worst}"`}>${plural(tally.detections, 'detection')}</h1>
<p>${marked(names)} · ${marked(`${rules.name} ${rules.version}`.trim())} · scanned ${formatUtc(madeAtMs)}${
    isInterrupted ? ' · interrupted before the end' : ''
  }</p></header>`
}

function tiles({ tally, counters, bytes, durationMs, rules: { ruleCount } }: ScanResult): string {
  const matched = tally.rules().length
  const seconds = durationMs / 1000
  const rate = seconds > 0 ? counters.events / seconds : 0
  const levels = LEVELS.toReversed()
    .filter((level) => tally.byLevel[level] > 0)
    .map((level) => `<span data-level="${level}" class="level">${count(tally.byLevel[level])} ${level}</span>`)
  const all: readonly (readonly [name: string, value: string, note: string])[] = [
    ['By level', '', levels.join(' ') || 'nothing found'],
    ['Rules that matched', count(matched), `of ${count(ruleCount)}`],
    ['Events', count(counters.events), `${mebibytes(bytes)} · ${count(Math.round(rate))}/s`],
    ['Met no rule', count(counters.unrouted), counters.unrouted === 0 ? '' : 'nothing is known about these'],
    ['Malformed', count(tally.malformed), tally.malformed === 0 ? '' : 'skipped'],
  ]
  return `<dl class="tiles">${all
    .map(
      ([name, value, note]) =>
        `<div><dt>${name}</dt>${value === '' ? '' : `<dd class="big">${value}</dd>`}<dd>${note}</dd></div>`,
    )
    .join('')}</dl>`
}

/** What the reader must not take for silence of the rules. */
function notices({ tally, counters, rules: { refused }, files }: ScanResult): string {
  const lines: string[] = []
  if (counters.unrouted > 0) {
    lines.push(`${plural(counters.unrouted, 'event')} met no rule, because none is for their log source.`)
  }
  if (refused.length > 0) lines.push(`${plural(refused.length, 'problem')} in rules that were not run.`)
  if (tally.belowLevel > 0) lines.push(`${plural(tally.belowLevel, 'detection')} below the level that was asked for.`)
  const listed = Math.min(tally.findings.length, HTML_FINDINGS_MAX)
  if (listed < tally.detections)
    lines.push(`${plural(tally.detections - listed, 'detection')} counted and not listed here.`)
  for (const { problem } of files) if (problem !== null) lines.push(problem)
  return lines.length === 0
    ? ''
    : `<ul class="notices">${lines.map((line) => `<li>${marked(line)}</li>`).join('')}</ul>`
}

function chart({ tally }: ScanResult): string {
  return timelineChart(tally.findings)
}

function rules({ tally }: ScanResult): string {
  const rows = tally.rules().map(({ title, level, tags, count: times, firstMs, lastMs }, index) => {
    const attack = tags
      .filter((tag) => /^attack\.t\d/i.test(tag))
      .map((tag) => tag.slice('attack.'.length).toUpperCase())
    return `<tr><td>${pill(level)}</td><td><button type="button" class="link" data-rule="${index}">${marked(title)}</button></td>
<td class="quiet">${marked(attack.join(' '))}</td><td class="number">${count(times)}</td><td class="time">${moment(firstMs)}</td><td class="time">${moment(lastMs)}</td></tr>`
  })
  if (rows.length === 0) return ''
  return `<section><h2>Rules that matched</h2><div class="scroll"><table><thead><tr><th>Level</th><th>Rule</th><th>ATT&amp;CK</th><th class="number">Count</th><th>First</th><th>Last</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>`
}

function detections({ tally }: ScanResult): string {
  if (tally.findings.length === 0) return ''
  const choices = LEVELS.toReversed()
    .filter((level) => tally.byLevel[level] > 0)
    .map(
      (level) =>
        `<label data-level="${level}"><input type="checkbox" value="${LEVELS.indexOf(level)}" checked> ${level}</label>`,
    )
  const column = (name: string, label: string) => `<th><button type="button" data-sort="${name}">${label}</button></th>`
  return `<section id="detections"><h2>Detections</h2>
<div class="bar"><input type="search" id="search" placeholder="Search rules, hosts, fields and values" aria-label="Search detections" spellcheck="false" autocomplete="off"><div class="levels" id="levels">${choices.join('')}</div><button type="button" id="rule" class="chip" hidden></button><output id="shown"></output></div>
<noscript><p class="quiet">The list needs the script of this page, which the browser has off.</p></noscript>
<div class="scroll"><table id="table"><thead><tr>${column('time', 'Time')}${column('level', 'Level')}${column('rule', 'Rule')}${column('host', 'Host')}${column('where', 'Where')}</tr></thead><tbody></tbody></table></div>
<button type="button" id="more" hidden></button></section>`
}

function scanned({ files, logSources, tally }: ScanResult): string {
  const fileRows = files.map(
    ({ path, format, events, detections: found }) =>
      `<tr><td>${marked(path)}</td><td>${format ?? 'not read'}</td><td class="number">${count(events)}</td><td class="number">${count(found)}</td></tr>`,
  )
  const sources = [...logSources].toSorted((a, b) => b[1] - a[1])
  const sourceRows = sources.map(
    ([name, events]) => `<tr><td>${marked(name)}</td><td class="number">${count(events)}</td></tr>`,
  )
  const places = tally.malformedPlaces.map(
    ({ file, place, what }) => `<tr><td>${marked(file)}</td><td class="number">${place}</td><td>${what}</td></tr>`,
  )
  return `<section class="columns">${[
    table('Files', ['File', 'Format', '#Events', '#Detections'], fileRows),
    table('Events by log source', ['Log source', '#Events'], sourceRows),
    table('Malformed', ['File', '#Line', 'What'], places),
  ].join('')}</section>`
}

/** A name that begins with # is a column of numbers. */
function table(title: string, names: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return ''
  const heads = names.map((name) =>
    name.startsWith('#') ? `<th class="number">${name.slice(1)}</th>` : `<th>${name}</th>`,
  )
  return `<div><h2>${title}</h2><div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></div>`
}

function pill(level: Level): string {
  return `<span class="level" data-level="${level}">${level}</span>`
}

function moment(ms: number | null): string {
  return ms === null ? '' : formatUtc(ms)
}

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`
}

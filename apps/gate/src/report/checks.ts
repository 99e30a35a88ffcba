import { type CheckRecord, type CheckVerdict, countOf, type Finding, type GateReport, plural } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'
import { bar } from './pictures.ts'

const MARKS: Readonly<Record<CheckVerdict, string>> = {
  pass: '✓ pass',
  fail: '✕ fail',
  'not-run': '– not run',
  inconclusive: '? unknown',
}

/** Each check with its state, reason, time and findings; what did not pass is open. */
export function checks({ checks: all }: GateReport): Html {
  const longest = Math.max(1, ...all.map(({ wallMs }) => wallMs))
  const total = all.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  return html`<section>
    <h2>Checks</h2>
    <p class="quiet">
      In the order in which they run. The bars are time on the clock; the gate's own process took ${seconds(total)} of
      CPU time, without the engines and fuzzers that it started.
    </p>
    <div class="box checks">${all.map((one) => check(one, longest))}</div>
  </section>`
}

function check(one: CheckRecord, longestMs: number): Html {
  const { id, verdict, reason, figures, findings, wallMs, cpuMs } = one
  const isOpen = verdict === 'fail' || verdict === 'inconclusive'
  const took = verdict === 'not-run' ? '' : `${seconds(wallMs)}, ${seconds(cpuMs)} of CPU time in the gate itself`
  const head = html`<span class="state" data-state="${verdict}">${MARKS[verdict]}</span><span class="name">${id}</span
    ><span class="reason">${reason}</span
    ><span class="took" title="${took}"
      >${verdict === 'not-run' ? null : html`${bar(wallMs, longestMs, 'candidate')}<span>${seconds(wallMs)}</span>`}</span
    >`
  if (figures.length === 0 && findings.length === 0) return html`<div class="check">${head}</div>`
  const rows = figures.map(
    ({ name, value, unit }) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${countOf(value)}${unit === '' ? '' : ` ${unit}`}</dd>
      </div>`,
  )
  const numbers = rows.length === 0 ? null : html`<dl class="figures">${rows}</dl>`
  return html`<details${isOpen ? html` open` : null}><summary class="check">${head}</summary><div class="inside">${numbers}${found(findings)}</div></details>`
}

function found(findings: readonly Finding[]): Html | null {
  if (findings.length === 0) return null
  return html`<p class="quiet">${plural(findings.length, 'finding')}</p>
    <ol class="findings">
      ${findings.map(finding)}
    </ol>`
}

function finding({ code, severity, message, at, fix, input }: Finding): Html {
  const where = at === null ? null : html`<code class="where">${at.file}:${at.line}:${at.column}</code>`
  return html`<li>
    <p><span class="severity" data-severity="${severity}">${severity}</span> ${message}</p>
    <p class="quiet">${where} <code>${code}</code></p>
    ${fix === null ? null : html`<p class="fix"><strong>Fix:</strong> ${fix}</p>`}${
      input === null
        ? null
        : html`<p class="quiet">The smallest input that shows it:</p>
            <pre>${input}</pre>`
    }
  </li>`
}

/** 1,234 ms as 1.2 s. */
export function seconds(ms: number): string {
  return ms < 1_000 ? `${countOf(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

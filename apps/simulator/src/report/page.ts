import { escapeHtml, headOf } from '@firebreak/report-page'
import { chart } from './chart.ts'
import type { PolicyFigures, Report } from './figures.ts'
import { STYLE } from './style.ts'
import { duration, grouped, haltText } from './table.ts'

const VERDICTS_SHOWN = 40

/** One page with everything in it: no script, nothing fetched. */
export function pageOf(report: Report): string {
  const policies = [report.ours, ...report.peers]
  const head = headOf({ title: `${report.scenario}: Firebreak simulation`, style: STYLE, script: null })
  return `${head}<body>
<main>
<header>
<p class="kicker">Firebreak simulation · ${escapeHtml(report.scenario)} · seed ${report.seed}</p>
<h1>${escapeHtml(report.title)}</h1>
<p>${escapeHtml(report.story)}</p>
</header>
${headline(report)}
<h2>Hosts that had the release</h2>
${chart('Hosts that had the release, over time', policies, ({ exposed }) => exposed)}
<h2>Hosts that were harmed</h2>
${chart('Hosts that were harmed, over time', policies, ({ harmed }) => harmed)}
<h2>In numbers</h2>
${table(policies)}
<h2>What the controller said</h2>
${verdicts(report)}
<h2>What was checked</h2>
<ul class="checks">
${report.checks.map(({ name, ok, found }) => `<li class="${ok ? 'ok' : 'bad'}"><b>${ok ? '✓' : '✗'}</b> ${escapeHtml(name)} <span>${escapeHtml(found)}</span></li>`).join('\n')}
</ul>
</main>
</body>
</html>
`
}

function headline({ hosts, ours, outcome, simulatedSeconds }: Report): string {
  const figures: readonly (readonly [figure: string, of: string])[] = [
    [grouped(hosts), 'hosts'],
    [grouped(ours.exposed), 'had the release'],
    [grouped(ours.harmed), 'harmed'],
    ours.haltSeconds === null
      ? [outcome === 'rolling' ? 'on hold' : outcome, `after ${duration(simulatedSeconds)}`]
      : [duration(ours.haltSeconds), 'from first harm to halt'],
  ]
  const cards = figures.map(
    ([figure, of]) => `<div><strong>${escapeHtml(figure)}</strong><span>${escapeHtml(of)}</span></div>`,
  )
  return `<section class="figures">${cards.join('')}</section>`
}

function table(policies: readonly PolicyFigures[]): string {
  const rows = policies.map(
    (one, i) =>
      `<tr${i === 0 ? ' class="ours"' : ''}><th scope="row"><i class="c${i % 8}"></i>${escapeHtml(one.title)}</th><td>${grouped(one.exposed)}</td><td>${grouped(one.harmed)}</td><td>${escapeHtml(haltText(one))}</td></tr>`,
  )
  return `<div class="scroll"><table><thead><tr><th scope="col">Policy</th><th scope="col">Exposed</th><th scope="col">Harmed</th><th scope="col">Stopped after the first harm</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`
}

function verdicts({ verdicts: all }: Report): string {
  const shown = all.length > VERDICTS_SHOWN ? [...all.slice(0, 10), ...all.slice(10 - VERDICTS_SHOWN)] : all
  const items = shown.map(
    ({ tS, kind, explanation }) =>
      `<li><time>${duration(tS)}</time><b class="${escapeHtml(kind)}">${escapeHtml(kind)}</b><span>${escapeHtml(explanation)}</span></li>`,
  )
  const left = all.length - shown.length
  return `<ol class="verdicts">${items.join('\n')}</ol>${left > 0 ? `<p class="note">${left} more in between are left out.</p>` : ''}`
}

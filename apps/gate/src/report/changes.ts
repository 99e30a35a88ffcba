import { countOf, type GateReport, type RuleChange, type VerdictChange } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'
import { table } from './table.ts'

const CHANGES: Readonly<Record<RuleChange['change'], string>> = {
  added: '+ added',
  removed: '− removed',
  changed: '≠ changed',
}
const VERDICTS: Readonly<Record<VerdictChange['change'], string>> = {
  'newly-matched': '+ matches now',
  'no-longer-matched': '− no longer',
}

const FIRST_USES_MAX = 100
/** Rows of a list that are shown without being asked for. */
const OPEN_ROWS_MAX = 20

/** What approvers let through: rules that come, go and change, and events that are judged differently. */
export function changes({ diff, novelty }: GateReport): Html {
  if (diff === null) {
    return html`<section>
      <h2>What changes</h2>
      <p class="quiet">Not known: nothing was compared with what hosts run.</p>
    </section>`
  }
  const { against, rules, samples } = diff
  const since =
    against === null
      ? html`<p class="quiet">This is the first release: everything is new.</p>`
      : html`<p class="quiet">Against ${against.version}, image <code>${against.imageDigest}</code>.</p>`
  return html`<section>
    <h2>What changes</h2>
    ${since}
    <ul class="counts">
      <li><strong>${countOf(diff.rulesAdded)}</strong> added</li>
      <li><strong>${countOf(diff.rulesRemoved)}</strong> removed</li>
      <li><strong>${countOf(diff.rulesChanged)}</strong> changed</li>
      <li><strong>${countOf(diff.rulesSame)}</strong> the same</li>
      <li><strong>${countOf(diff.eventsNewlyMatched)}</strong> events match newly</li>
      <li><strong>${countOf(diff.eventsNoLongerMatched)}</strong> no longer</li>
      <li>of <strong>${countOf(diff.eventsCompared)}</strong></li>
    </ul>
    ${ruleTable(rules, diff.rulesAdded + diff.rulesRemoved + diff.rulesChanged)}${sampleTable(samples)}${firstUses(novelty)}
  </section>`
}

function ruleTable(rules: readonly RuleChange[], all: number): Html | null {
  const rows = rules.map(({ change, id, title, level, what }) => [
    html`<span class="change" data-change="${change}">${CHANGES[change]}</span>`,
    html`${title}<br /><code class="quiet">${id}</code>`,
    html`${level}`,
    html`${what}`,
  ])
  const shown = table(['Rule', '', 'Level', 'What is different'], rows, all)
  return shown && folded('Rules that come, go and change', shown, rows.length)
}

/** A long list is there for whoever asks: a first release changes everything. */
function folded(title: string, shown: Html, rows: number): Html {
  if (rows <= OPEN_ROWS_MAX)
    return html`<h3>${title}</h3>
      ${shown}`
  return html`<details>
    <summary>${title}: ${countOf(rows)}</summary>
    ${shown}
  </details>`
}

function sampleTable(samples: readonly VerdictChange[]): Html | null {
  const rows = samples.map(({ change, rule, corpus, event }) => [
    html`<span class="change" data-change="${change}">${VERDICTS[change]}</span>`,
    html`${rule}<br /><span class="quiet">${corpus}</span>`,
    html`<pre>${event}</pre>`,
  ])
  const shown = table(['Event', 'Rule', ''], rows, samples.length)
  return shown && folded('Events that are judged differently', shown, rows.length)
}

function firstUses(novelty: GateReport['novelty']): Html | null {
  if (novelty === null) return null
  const { firstUses: first, hasHistory } = novelty
  if (!hasHistory) return html`<p class="quiet">Nothing is known of earlier releases: everything counts as new.</p>`
  const rows = first
    .slice(0, FIRST_USES_MAX)
    .map(({ source, field, matcher }) => [html`${source}`, html`<code>${field}</code>`, html`${matcher}`])
  const shown = table(['Log source', 'Field', 'Matcher'], rows, first.length)
  return (
    shown &&
    html`<h3>What no release before it did with a field</h3>
      ${shown}`
  )
}

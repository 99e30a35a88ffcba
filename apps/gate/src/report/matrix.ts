import { countOf, type GateReport } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'
import { table } from './table.ts'

type Control = NonNullable<GateReport['selfTest']>['faults'][number]

/** Where faults aim against where they were rejected: all of them on the diagonal, and beside it only where one can't be made otherwise. */
export function selfTestMatrix(faults: readonly Control[], good: readonly Control[]): Html {
  const places = [...new Set(faults.flatMap(({ check, rejectedBy }) => [check, ...rejectedBy]))]
  const rows = places.flatMap((aim) => {
    const aimed = faults.filter(({ check }) => check === aim)
    if (aimed.length === 0) return []
    const missed = aimed.filter((one) => one.missed !== null).length
    const cells = places.map((place) => cell(aimed, aim, place))
    const state =
      missed === 0
        ? html`<span class="state" data-state="pass">✓ all</span>`
        : html`<span class="state" data-state="fail">✕ ${missed}</span>`
    return [
      html`<tr>
        <th scope="row">${aim}</th>
        ${cells}
        <td class="number">${countOf(aimed.length)}</td>
        <td>${state}</td>
      </tr>`,
    ]
  })
  const heads = places.map((place) => html`<th scope="col"><span>${place}</span></th>`)
  return html`<div
      class="box scroll"
      tabindex="0"
      role="group"
      aria-label="Faults by the check they aim at and the checks that rejected them"
    >
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Aimed at ↓ rejected by →</th>
            ${heads}
            <th class="number" scope="col">Faults</th>
            <th scope="col">Rejected</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <details class="box">
      <summary>Every fault, incident and good case</summary>
      ${everyControl([...faults, ...good])}
    </details>`
}

function cell(aimed: readonly Control[], aim: string, place: string): Html {
  const count = aimed.filter(({ rejectedBy }) => rejectedBy.some((one) => one === place)).length
  if (count === 0) return html`<td class="number">·</td>`
  return html`<td class="number"><span class="${place === aim ? 'hit' : 'also'}">${countOf(count)}</span></td>`
}

/** What was missed comes first. */
function everyControl(controls: readonly Control[]): Html | null {
  const sorted = controls.toSorted((a, b) => Number(a.missed === null) - Number(b.missed === null))
  const rows = sorted.map(({ id, check, code, missed, rejectedBy }) => [
    html`<span class="state" data-state="${missed === null ? 'pass' : 'fail'}">${missed === null ? '✓' : '✕'}</span>`,
    html`${id}${missed === null ? null : html`<br /><strong>${missed}</strong>`}`,
    html`${check} <code class="quiet">${code}</code>`,
    html`${rejectedBy.length === 0 ? 'none' : rejectedBy.join(', ')}`,
  ])
  return table(['', 'What', 'Has to be', 'Rejected by'], rows)
}

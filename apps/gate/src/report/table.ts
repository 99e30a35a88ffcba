import { countOf } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'

/**
 * Null when there are no rows. A name that begins with # is a column of numbers.
 *
 * @param all - how many there are, listed or not
 */
export function table(
  names: readonly string[],
  rows: readonly (readonly Html[])[],
  all: number = rows.length,
): Html | null {
  if (rows.length === 0) return null
  const heads = names.map((name) =>
    name.startsWith('#') ? html`<th class="number">${name.slice(1)}</th>` : html`<th>${name}</th>`,
  )
  const cells = (row: readonly Html[]): readonly Html[] =>
    row.map((cell, i) =>
      names[i]?.startsWith('#') === true ? html`<td class="number">${cell}</td>` : html`<td>${cell}</td>`,
    )
  const left = all - rows.length
  const more = left > 0 ? html`<p class="quiet more">${countOf(left)} more are not listed.</p>` : null
  return html`<div class="box scroll" tabindex="0" role="group" aria-label="table">
    <table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
    ${more}
  </div>`
}

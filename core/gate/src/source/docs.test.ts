import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { REFUSED_BY_READER, SOURCE_RULES } from './rules.ts'

const DOCS = join(import.meta.dirname, '../../../../docs')
// A copy of the core alone, as mutation testing makes it, has no pages.
const skip = existsSync(DOCS) ? false : 'no docs beside the core'

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')
}

/** What a page of documentation has to say, made of the registry. */
function expectedTables(): readonly string[] {
  const own = SOURCE_RULES.map(({ code, severity, reason, mend, pysigma }) => [
    `\`${code.replace('gate/source-', '')}\``,
    severity,
    reason,
    mend,
    pysigma.join(', '),
  ])
  const readers = REFUSED_BY_READER.map(([validator, code, what]) => [validator, `\`${code}\``, what])
  return [
    table(['code', 'severity', 'why', 'how to mend it', 'pySigma'], own),
    table(['pySigma', 'code', 'what is refused'], readers),
  ]
}

/** Formatters pad the cells of a table. */
function unpadded(text: string): string {
  return text.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---')
}

test('the page lists every rule as it is', { skip }, () => {
  const page = unpadded(readFileSync(join(DOCS, 'gate-source.md'), 'utf8'))
  for (const expected of expectedTables()) {
    assert.ok(page.includes(unpadded(expected)), `docs/gate-source.md lacks:\n${expected}`)
  }
})

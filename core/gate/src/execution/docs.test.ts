import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONTRACT_CODES } from '../contract/check-contracts.ts'
import { EXECUTION_CODES } from './codes.ts'

const PAGE = join(import.meta.dirname, '../../../../docs/gate-engines.md')
// A copy of the core alone, as mutation testing makes it, has no pages.
const skip = existsSync(PAGE) ? false : 'no docs beside the core'

test('the page lists every code of contract and execution as it is', { skip }, () => {
  const page = readFileSync(PAGE, 'utf8').replaceAll(/ *\| */g, '|')
  const rows = [
    ...Object.entries(CONTRACT_CODES).map(([code, { severity, reason }]) => [`\`${code}\``, severity, reason]),
    ...Object.entries(EXECUTION_CODES).map(([code, { severity, outcome, reason }]) => {
      return [`\`${code}\``, severity, severity === 'error' ? outcome : '', reason]
    }),
  ]
  for (const row of rows)
    assert.ok(page.includes(`\n|${row.join('|')}|\n`), `docs/gate-engines.md lacks ${row.join(' | ')}`)
  assert.equal(page.split('\n|`').length - 1, rows.length, 'and no other')
})

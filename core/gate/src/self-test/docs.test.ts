import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Aim, Operator } from './control.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import type { Exhibit } from './museum/exhibit.ts'
import { MUSEUM, SELF_TEST_PLAN } from './plan.ts'

const PAGE = join(import.meta.dirname, '../../../../docs/gate-self-test.md')
// A copy of the core alone, as mutation testing makes it, has no pages.
const skip = existsSync(PAGE) ? false : 'no docs beside the core'

function operatorRow({ id, aims, what }: Operator<JudgedEvidence>): readonly string[] {
  return [code(id), by(aims), code(aims.code), what]
}

function goodRow({ id, aims, what }: Operator<JudgedEvidence>): readonly string[] {
  return [code(id), code(aims.check), what]
}

function exhibitRow({ id, aims, date, happened, source }: Exhibit<JudgedEvidence>): readonly string[] {
  return [code(id), date ?? '', by(aims), code(aims.code), happened, source ?? '']
}

function by({ check, verdict }: Aim): string {
  return verdict === undefined || verdict === 'fail' ? code(check) : `${code(check)}, ${verdict}`
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const TABLES: readonly (readonly [heading: string, table: string])[] = [
  [
    'Seeded faults',
    table(['fault', 'rejected by', 'with', 'what is wrong'], SELF_TEST_PLAN.operators.map(operatorRow)),
  ],
  ['Good cases', table(['case', 'at the edge of', 'what it is'], SELF_TEST_PLAN.good.map(goodRow))],
  ['Museum', table(['exhibit', 'date', 'rejected by', 'with', 'what happened', 'source'], MUSEUM.map(exhibitRow))],
]

/** The lines of the table under a heading. */
function tableUnder(page: string, heading: string): string {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n')
}

function unpadded(text: string): string {
  return text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
}

/** UPDATE_GOLDEN=1 writes the tables again: on purpose, and read in review. */
test('docs/gate-self-test.md lists every fault, every good case and every exhibit', { skip }, () => {
  for (const [heading, expected] of TABLES) {
    const page = readFileSync(PAGE, 'utf8')
    const found = tableUnder(page, heading)
    if (process.env['UPDATE_GOLDEN'] === '1')
      writeFileSync(
        PAGE,
        page.replace(found, () => expected),
      )
    else assert.equal(unpadded(found), unpadded(expected), heading)
  }
})

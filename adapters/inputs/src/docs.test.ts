import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FORMAT_NAMES } from './formats/index.ts'
import { FIELD_TABLES } from './testing/field-tables.ts'

const text = readFileSync(new URL('../../../docs/inputs.md', import.meta.url), 'utf8')

/** The lines of the table below a heading, without the padding of columns. */
function tableBelow(heading: string): readonly string[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`)
  const [table = ''] = /(^\|.*\n)+/m.exec(section.split('\n## ')[0] ?? '') ?? []
  return table.trim().split('\n').map(squeezed)
}

function squeezed(line: string): string {
  return line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
}

test('docs/inputs.md has the fields that the code fills, and every format', () => {
  for (const [format, rows] of Object.entries(FIELD_TABLES)) {
    assert.deepEqual(tableBelow(format), rows().map(squeezed), format)
  }
  for (const format of FORMAT_NAMES) assert.ok(text.includes(`\n## ${format}\n`), format)
})

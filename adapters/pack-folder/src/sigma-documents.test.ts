import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { parseSigmaDocuments, Problems } from '@firebreak/content'
import { parseYamlDocuments } from './yaml.ts'

// SigmaHQ's rules are not part of this repository; a checkout beside it is used when there is one.
const SIGMA = join(import.meta.dirname, '../../../../shared/data/sigma')
const FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
const skip = existsSync(SIGMA) ? false : 'no SigmaHQ rules beside this repository'

/** What only a pack with tables of its own can say. */
const UNFILLED = [
  'win_security_adcs_certighost_cdc_chase_request.yml',
  'win_security_adcs_certighost_cert_issued_via_chase.yml',
]

async function read(placeholders: ReadonlyMap<string, readonly string[]>): Promise<{
  readonly documents: number
  readonly rules: readonly string[]
  readonly problems: Problems
}> {
  const problems = new Problems()
  const rules: string[] = []
  let documents = 0
  for (const folder of FOLDERS) {
    const names = await readdir(join(SIGMA, folder), { recursive: true })
    for (const name of names.filter((one) => one.endsWith('.yml')).toSorted()) {
      const file = `${folder}/${name}`
      const nodes = parseYamlDocuments(await readFile(join(SIGMA, file), 'utf8'), file)
      documents += nodes.length
      rules.push(...parseSigmaDocuments({ file, nodes }, { placeholders }, problems).rules.map((rule) => rule.id))
    }
  }
  return { documents, rules, problems }
}

test('every rule of SigmaHQ is read, but those with a placeholder that nobody fills', { skip }, async (t) => {
  const { documents, rules, problems } = await read(new Map())
  assert.deepEqual(
    problems.list().map(({ code, at }) => [code, basename(at.file)]),
    UNFILLED.map((file) => ['content/modifier', file]),
  )
  for (const { at, message } of problems.list()) {
    assert.match(message, /^Cannot expand %known_cdcs%: the pack has no values for it$/)
    t.diagnostic(`${at.file}:${at.line}:${at.column} ${message}`)
  }
  assert.equal(rules.length + problems.total, documents)
  assert.equal(new Set(rules).size, rules.length)
  t.diagnostic(`${rules.length} of ${documents} rules read`)
})

test('a pack with the table takes them all', { skip }, async () => {
  const { documents, rules, problems } = await read(new Map([['known_cdcs', ['cdc1', 'cdc*.corp']]]))
  assert.deepEqual(problems.list(), [])
  assert.equal(rules.length, documents)
})

const HEAD = `title: Test
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
logsource:
  category: process_creation
`

test('what is wrong in a file is told with its line and column', () => {
  const rows: readonly (readonly [body: string, code: string, place: string])[] = [
    ['detection:\n  s:\n    A|bad: x\n  condition: s', 'content/modifier', '7:5'],
    ['detection:\n  s:\n    A|re:\n      - a\n      - (\n  condition: s', 'content/regex-syntax', '9:9'],
    ['detection:\n  s:\n    A:\n      - null\n      - x\n  condition: s', 'content/schema', '8:9'],
    ['detection:\n  s:\n    A|contains|all: x\n  condition: s', 'content/modifier', '7:5'],
    ['detection:\n  s:\n    A|cidr: 10.0.0.1/8\n  condition: s', 'content/modifier', '7:13'],
    ['detection:\n  s:\n    A: x\n  condition: t', 'content/condition', '8:14'],
    ['detection:\n  s:\n    A: x\n  timeframe: 5m\n  condition: s', 'content/schema', '8:3'],
    ['detection:\n  s:\n    A: 9007199254740993\n  condition: s', 'content/schema', '7:8'],
    ['level: huge\ndetection:\n  s: [x]\n  condition: s', 'content/schema', '5:8'],
    ['action: global\ndetection: {}', 'content/schema', '5:1'],
    ['detection:\n  s: [x]\n  condition: s\n---\ntitle: x', 'content/schema', '9:1'],
  ]
  for (const [body, code, place] of rows) {
    const problems = new Problems()
    const nodes = parseYamlDocuments(`${HEAD}${body}\n`, 'f.yml')
    parseSigmaDocuments({ file: 'f.yml', nodes }, { placeholders: new Map() }, problems)
    const found = problems.list().map((one) => [one.code, `${one.at.line}:${one.at.column}`, one.at.file])
    assert.deepEqual(found, [[code, place, 'f.yml']], body)
  }
})

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parsePack } from '@firebreak/content'
import { readPackFolder } from '@firebreak/pack-folder'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'
import { coverageFor, coverageLines, coverageObject } from './test-coverage.ts'

const GOLDEN = new URL('test-coverage.golden.txt', import.meta.url)
const MANIFEST = `name: covered
version: 1.0.0
category: behavioural
minimumEngine: 1.0.0
description: Rules with better and worse tests.
`

function id(n: number): string {
  return `11111111-1111-4111-8111-00000000000${n}`
}

function ruleText(n: number, title: string, detection: string): string {
  return `title: ${title}
id: ${id(n)}
logsource: {category: process_creation, product: linux}
detection:
${detection}`
}

const SELECTION = `  selection:
    Image|endswith: /nc
    User: root
  condition: selection
`
const FILES = {
  'pack.yaml': MANIFEST,
  'rules/decided.yml': ruleText(1, 'All decided', SELECTION),
  'tests/decided.yml': `rule: ${id(1)}
match: [{Image: /bin/nc, User: root}]
ignore: [{Image: /bin/nc, User: kim}, {Image: /bin/ls, User: root}]
`,
  'rules/filtered.yml': ruleText(
    2,
    'A filter that nobody tests',
    `  selection:
    - Image|endswith: /nc
    - evil
  filter_parent:
    ParentImage|endswith: /cron
    CommandLine|contains|all: [a, b]
  condition: selection and not 1 of filter_*
`,
  ),
  'tests/filtered.yml': `rule: ${id(2)}
match: [{Image: /bin/nc, ParentImage: /bin/sh, CommandLine: x}]
ignore: [{Image: /bin/ls, ParentImage: /bin/sh, CommandLine: x}]
`,
  'rules/untested.yml': ruleText(3, 'No test', SELECTION),
  'rules/wrong.yml': ruleText(4, 'Wrong "events"', SELECTION),
  'tests/wrong.yml': `rule: ${id(4)}
match:
  - {Image: /bin/nc, User: root}
  - {Image: /bin/nc, User: kim}
ignore:
  - {Image: /usr/bin/nc, User: root}
`,
}

function packFolder(context: TestContext, files: Readonly<Record<string, string>> = FILES): string {
  const folder = join(temporaryFolder(context), 'pack')
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

test('what people see: every gap with its place, and the totals', async (t) => {
  const source = await readPackFolder(packFolder(t))
  const pack = parsePack(source)
  assert.deepEqual(pack.diagnostics, [])
  const coverage = coverageFor(pack, source)
  assert.equal(`${coverageLines('pack', coverage).join('\n')}\n`, readFileSync(GOLDEN, 'utf8'))
  const { undecided, untested, contradicted, ...totals } = coverageObject(coverage)
  assert.deepEqual(totals, { rules: 4, fieldTests: 11, decided: 4, percent: 36.3 })
  assert.deepEqual([undecided.length, untested.length, contradicted.length], [7, 1, 2])
})

test('what a title says does not reach the terminal as a control character', async (t) => {
  const files = { 'pack.yaml': MANIFEST, 'rules/a.yml': ruleText(1, '"\\e[2J\\u202e"', SELECTION) }
  const source = await readPackFolder(packFolder(t, files))
  const lines = coverageLines('pack', coverageFor(parsePack(source), source))
  assert.equal(lines[0], '\ufffd[2J\ufffd: 0 of 2 field tests decided')
})

test('as a command: 0, 3 under the demanded percentage or for a faulty pack, 2 for a call that makes no sense', async (t) => {
  const folder = packFolder(t)
  const rows: readonly (readonly [args: readonly string[], code: number])[] = [
    [['--coverage', folder], 0],
    [['--coverage', folder, '--fail-under', '36.3'], 0],
    [['--coverage', folder, '--fail-under', '36.4'], 3],
    [['--coverage', `${folder}/rules`], 3],
    [['lint', '--coverage', folder], 2],
    [['--fail-under', '50'], 2],
    [['--coverage', folder, '--fail-under', '101'], 2],
  ]
  for (const [args, code] of rows) {
    const ended = await runCli(['test', ...args, '--json'], folder)
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
  }
  const low = lastJson(await runCli(['test', '--coverage', folder, '--fail-under', '90', '--json'], folder))
  assert.deepEqual([low['ok'], low['decided'], low['fieldTests']], [false, 4, 11])
})

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'

const MANIFEST = `name: mine
version: 1.0.0
category: behavioural
minimumEngine: 1.0.0
description: For tests.
`

const RULE = `title: A program that listens
id: 00000000-0000-4000-8000-000000000001
status: test
description: Looks for a program that listens on a port.
date: 2026-01-31
tags:
  - attack.T1059
  - "attack.T1105"
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Image|endswith: /nc
  condition: selection
`

interface Place {
  readonly folder: string
  readonly pack: string
}

function packOf(t: TestContext, rule: string): Place {
  const folder = temporaryFolder(t)
  const pack = join(folder, 'a pack')
  for (const [name, text] of Object.entries({ 'pack.yaml': MANIFEST, 'rules/listens-on-port.yml': rule })) {
    mkdirSync(dirname(join(pack, name)), { recursive: true })
    writeFileSync(join(pack, name), text)
  }
  return { folder, pack }
}

interface SarifResult {
  readonly ruleId: string
  readonly level: string
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[]
  readonly fixes?: readonly unknown[]
}

function resultsOf(file: string): readonly SarifResult[] {
  const log = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly runs: readonly { readonly results: SarifResult[] }[]
  }
  return log.runs.flatMap(({ results }) => results)
}

describe('check', () => {
  test('shows each warning with its place, and counts notes; both are in --json', async (t) => {
    const { folder, pack } = packOf(t, RULE.replace('status: test\n', ''))
    const ended = await runCli(['check', pack, '--json'], folder)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(
      ended.stderr,
      /rules\/listens-on-port\.yml:6:5: "attack\.T1059" is no tag\. \[gate\/source-tag-format\]/,
    )
    assert.match(
      ended.stderr,
      /rules\/listens-on-port\.yml:1:1: The rule has no level\. \[gate\/source-level-missing\]/,
    )
    assert.match(ended.stderr, /1 note on style/)
    const findings = lastJson(ended)['findings'] as readonly { readonly code: string; readonly severity: string }[]
    assert.deepEqual(
      findings.map(({ code, severity }) => `${severity} ${code}`),
      [
        'warning gate/source-level-missing',
        'warning gate/source-tag-format',
        'warning gate/source-tag-format',
        'note gate/source-status-missing',
      ],
    )
  })

  test('refuses what is wrong although it can be read', async (t) => {
    const { folder, pack } = packOf(t, RULE.replace('condition: selection', 'condition: selection and not selection'))
    const ended = await runCli(['check', pack, '--json'], folder)
    assert.equal(ended.code, 3)
    assert.match(ended.stderr, /rules\/listens-on-port\.yml:15:14: The condition holds for no event/)
    assert.equal(lastJson(ended)['code'], 'cli/refused')
  })

  test('writes everything as SARIF, also of what it refuses, with the edits that fit the text', async (t) => {
    const { folder, pack } = packOf(
      t,
      `${RULE.replace('selection:', 'forgotten: { User: x }\n  selection:')}level: high\n`,
    )
    const file = join(folder, 'found.sarif')
    const ended = await runCli(['check', pack, '--sarif', file], folder)
    assert.equal(ended.code, 3)
    assert.match(ended.stderr, /3 findings as SARIF in /)
    const results = resultsOf(file)
    assert.deepEqual(
      results.map(({ ruleId, level, fixes = [] }) => [ruleId, level, fixes.length]),
      [
        ['gate/source-dangling-detection', 'error', 0],
        ['gate/source-tag-format', 'warning', 1],
        // In quotes: what stands at its place is not the tag.
        ['gate/source-tag-format', 'warning', 0],
      ],
    )
    assert.match(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri ?? '', /rules\/listens-on-port\.yml$/)
  })

  test('a file that can not be written is one sentence', async (t) => {
    const { folder, pack } = packOf(t, RULE)
    const ended = await runCli(['check', pack, '--sarif', join(folder, 'nowhere', 'found.sarif')], folder)
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^Cannot write .*found\.sarif/m)
    assert.doesNotMatch(ended.stderr, /\n {4}at /)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Diagnostic, parsePack, type SourceNode } from '@firebreak/content'
import { FINDINGS_MAX } from '../check/check.ts'
import { checkSource, sourceFindings } from './check-source.ts'
import { SOURCE_RULES } from './rules.ts'
import { cleanRule, detecting, readDocuments, sourceOfDocuments } from './source-fixture.ts'

test('what is clean passes, and says what was read', () => {
  const { source, pack } = readDocuments([cleanRule(1), cleanRule(2)])
  assert.deepEqual(checkSource(source, pack), {
    id: 'source',
    verdict: 'pass',
    reason: 'Everything can be read: 2 rules, 0 correlations, 0 tests, 0 indicators, 0 YARA files.',
    findings: [],
  })
})

test('warnings and notes pass, and are counted', () => {
  const { source, pack } = readDocuments([
    cleanRule(1, { level: null, status: null }),
    cleanRule(2, { level: null, date: null }),
  ])
  const { verdict, reason, findings } = checkSource(source, pack)
  assert.equal(verdict, 'pass')
  assert.match(reason, /To weigh: 2 gate\/source-level-missing, 1 gate\/source-date-missing, 1 gate\/source-status-/)
  assert.deepEqual(
    findings.map(({ severity }) => severity),
    ['warning', 'warning', 'note', 'note'],
  )
})

test('an error fails, comes first, and the reason counts and shows it', () => {
  const { source, pack } = readDocuments([
    cleanRule(1, { status: null }),
    detecting(2, { 'CommandLine|base64offset': 'curl' }),
  ])
  const { verdict, reason, findings } = checkSource(source, pack)
  assert.equal(verdict, 'fail')
  assert.match(reason, /^1 error \(1 gate\/source-base64offset-without-contains\), the first: "CommandLine\|base64/)
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['gate/source-base64offset-without-contains', 'gate/source-status-missing'],
  )
})

test('what the reader refuses is an error once, and nothing else is said of that document', () => {
  const { source, pack } = readDocuments([
    cleanRule(1, { level: null, detection: { a: { User: 'x' }, b: { User: 'y' }, condition: 'a and c' } }),
    cleanRule(2, { level: null }),
  ])
  const { verdict, findings } = checkSource(source, pack)
  assert.equal(verdict, 'fail')
  assert.deepEqual(
    findings.map(({ code, severity, at }) => [code, severity, at?.file]),
    [
      ['content/condition', 'error', 'rules/document-0.yml'],
      ['gate/source-level-missing', 'warning', 'rules/document-1.yml'],
    ],
  )
})

test('of several documents in one file only the one that can not be read is left out', () => {
  const file = 'rules/all-in-one.yml'
  const starts = [1, 20, 40]
  const source = sourceOfDocuments(starts.map((_, i) => cleanRule(i + 1, { level: null })))
  const nodes = source.rules.flatMap((one) => one.nodes)
  const placed = nodes.map((node, i): SourceNode => ({ ...node, at: { file, line: starts[i] ?? 0, column: 1 } }))
  const together = { ...source, rules: [{ file, nodes: placed }] }
  const judgedWithWrong = (line: number) => {
    const wrong: Diagnostic = { code: 'content/modifier', message: 'Wrong', at: { file, line, column: 5 } }
    const findings = sourceFindings(together, { ...parsePack(together), diagnostics: [wrong] })
    return findings.filter(({ code }) => code === 'gate/source-level-missing').map(({ at }) => at.line)
  }
  assert.deepEqual([1, 19, 20, 39, 40, 99].map(judgedWithWrong), [
    [20, 40],
    [20, 40],
    [1, 40],
    [1, 40],
    [1, 20],
    [1, 20],
  ])
})

test('findings are in the order of weight, file, line and column', () => {
  const source = sourceOfDocuments([
    cleanRule(1, { level: null, status: null, tags: ['own.a', 'own.b'] }),
    cleanRule(2, { level: null }),
  ])
  const rules = source.rules.map(({ nodes }, i) => {
    const file = `rules/${i === 0 ? 'b' : 'a'}-document.yml`
    return { file, nodes: nodes.map((node) => spread(node, file)) }
  })
  const moved = { ...source, rules }
  assert.deepEqual(
    sourceFindings(moved, parsePack(moved)).map(({ severity, at }) => `${severity} ${at.file}:${at.line}:${at.column}`),
    [
      'warning rules/a-document.yml:9:1',
      'warning rules/b-document.yml:9:1',
      // Tags were put above the document: the later one further to the left.
      'note rules/b-document.yml:2:3',
      'note rules/b-document.yml:2:8',
      'note rules/b-document.yml:9:1',
    ],
  )
})

test('a condition is shown where it stands', () => {
  const condition = cleanRule(1, { detection: { a: { User: 'x' }, condition: 'a and not a' } })
  const source = sourceOfDocuments([condition])
  const file = 'rules/document-0.yml'
  const rules = source.rules.map(({ nodes }) => ({ file, nodes: nodes.map((node) => conditionAt(node, 30)) }))
  const moved = { ...source, rules }
  assert.deepEqual(
    sourceFindings(moved, parsePack(moved)).map(({ code, at }) => [code, at.line]),
    [['gate/source-condition-never', 30]],
  )
})

function conditionAt(node: SourceNode, line: number): SourceNode {
  if (node.kind !== 'mapping') return node
  const entries = node.entries.map((one) =>
    one.key === 'condition'
      ? { ...one, value: { ...one.value, at: { ...one.value.at, line } } }
      : { ...one, value: conditionAt(one.value, line) },
  )
  return { ...node, entries }
}

/** The document at line 9, and the tags in it at line 2, each left of the one before. */
function spread(node: SourceNode, file: string): SourceNode {
  if (node.kind !== 'mapping') return node
  const entries = node.entries.map((one) => {
    if (one.key !== 'tags' || one.value.kind !== 'sequence') return one
    const items = one.value.items.map((tag, i) => ({ ...tag, at: { file, line: 2, column: 8 - 5 * i } }))
    return { ...one, value: { ...one.value, items } }
  })
  return { ...node, entries, at: { file, line: 9, column: 1 } }
}

test('beyond its limit a check counts the rest, and a reason names the most frequent codes', () => {
  const rules = Array.from({ length: 150 }, (_, i) => cleanRule(i + 1, { level: null, status: null }))
  const { source, pack, findings } = readDocuments(rules)
  assert.equal(findings.length, 300)
  const listed = checkSource(source, pack).findings
  assert.equal(listed.length, FINDINGS_MAX)
  assert.equal(listed.at(-1)?.code, 'gate/more-findings')
  const bare = [1, 2].map((n) =>
    cleanRule(n, {
      level: null,
      status: null,
      date: null,
      modified: null,
      description: null,
      tags: ['own.a', 'own.a'],
    }),
  )
  const many = readDocuments([...bare, cleanRule(3, { tags: ['stp.9'], references: ['a', 'a'] })])
  const codes = 'date-missing description-missing level-missing status-missing tag-duplicate'.split(' ')
  const counts = ['4 gate/source-tag-namespace', ...codes.map((code) => `2 gate/source-${code}`), '2 others']
  assert.equal(checkSource(many.source, many.pack).reason.split('To weigh: ')[1], `${counts.join(', ')}.`)
})

test('a code that is left out is not found, and others still are', () => {
  const { source, pack } = readDocuments([cleanRule(1, { level: null, status: null })])
  const left = sourceFindings(source, pack, new Set(['gate/source-level-missing']))
  assert.deepEqual(
    left.map(({ code }) => code),
    ['gate/source-status-missing'],
  )
  const all = new Set<string>(SOURCE_RULES.map(({ code }) => code))
  assert.deepEqual(checkSource(source, pack, all).findings, [])
})

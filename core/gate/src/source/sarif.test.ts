import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@firebreak/kernel'
import { type CheckResult, failed, finding, inconclusive, passed } from '../check/check.ts'
import { toSarif } from './sarif.ts'

const TOOL = { name: 'Firebreak', version: '1.2.3' }
const AT = { file: 'rules/a b/ä:1.yml', line: 7, column: 5 }

const TYPO = finding('gate/source-attribute-misspelled', 'Sigma has no attribute "refernces".', AT, {
  severity: 'warning',
  fix: 'Write references.',
})
const REFUSED = finding('content/condition', 'Cannot read condition.', { file: 'rules/b.yml', line: 1, column: 1 })
const NOWHERE = finding('gate/image-mismatch', 'The digest is another.', null, { severity: 'note' })

type Plain = { readonly [key: string]: Json }

function runOf(checks: readonly CheckResult[]): Plain {
  return mapOf(listOf(mapOf(toSarif(checks, TOOL))['runs'])[0])
}

function mapOf(value: Json | undefined): Plain {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), JSON.stringify(value))
  return value as Plain
}

function textOf(value: Json | undefined): string {
  assert.ok(typeof value === 'string', JSON.stringify(value))
  return value
}

function listOf(value: Json | undefined): readonly Json[] {
  assert.ok(Array.isArray(value), JSON.stringify(value))
  return value
}

/** What the schema of SARIF 2.1.0 demands of the objects that are used here: the required keys, and no other keys. */
const SCHEMA: Readonly<Record<string, { readonly required: readonly string[]; readonly allowed: readonly string[] }>> =
  {
    log: { required: ['version', 'runs'], allowed: ['$schema', 'version', 'runs'] },
    run: { required: ['tool'], allowed: ['tool', 'columnKind', 'invocations', 'results'] },
    driver: { required: ['name'], allowed: ['name', 'version', 'rules'] },
    rule: { required: ['id'], allowed: ['id', 'shortDescription', 'help', 'defaultConfiguration'] },
    result: { required: ['message'], allowed: ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'fixes'] },
    invocation: { required: ['executionSuccessful'], allowed: ['executionSuccessful', 'toolExecutionNotifications'] },
    fix: { required: ['artifactChanges'], allowed: ['description', 'artifactChanges'] },
    change: { required: ['artifactLocation', 'replacements'], allowed: ['artifactLocation', 'replacements'] },
    replacement: { required: ['deletedRegion'], allowed: ['deletedRegion', 'insertedContent'] },
    region: { required: [], allowed: ['startLine', 'startColumn', 'endLine', 'endColumn'] },
  }

function hold(kind: string, value: Json | undefined): Plain {
  const map = mapOf(value)
  const { required = [], allowed = [] } = SCHEMA[kind] ?? {}
  const keys = Object.keys(map)
  assert.deepEqual(
    required.filter((key) => !keys.includes(key)),
    [],
    kind,
  )
  assert.deepEqual(
    keys.filter((key) => !allowed.includes(key)),
    [],
    kind,
  )
  return map
}

function holdLog(log: Json): void {
  const map = hold('log', log)
  assert.equal(map['version'], '2.1.0')
  for (const one of listOf(map['runs'])) {
    const run = hold('run', one)
    assert.ok(run['columnKind'] === 'utf16CodeUnits' || run['columnKind'] === 'unicodeCodePoints')
    const driver = hold('driver', mapOf(run['tool'])['driver'])
    const rules = listOf(driver['rules']).map((rule) => hold('rule', rule))
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
    for (const invocation of listOf(run['invocations'])) hold('invocation', invocation)
    for (const result of listOf(run['results'])) holdResult(hold('result', result), rules)
  }
}

function holdResult(result: Plain, rules: readonly Plain[]): void {
  assert.ok(['none', 'note', 'warning', 'error'].includes(textOf(result['level'])))
  assert.ok(textOf(mapOf(result['message'])['text']).length > 0)
  assert.equal(rules[Number(result['ruleIndex'])]?.['id'], result['ruleId'])
  for (const location of listOf(result['locations'] ?? [])) {
    const { artifactLocation, region } = mapOf(mapOf(location)['physicalLocation'])
    holdRegion(region)
    assert.equal(new URL(textOf(mapOf(artifactLocation)['uri']), 'file:///pack/').pathname.startsWith('/pack/'), true)
  }
  for (const fix of listOf(result['fixes'] ?? [])) {
    for (const change of listOf(hold('fix', fix)['artifactChanges'])) {
      const replacements = listOf(hold('change', change)['replacements'])
      assert.ok(replacements.length > 0)
      for (const one of replacements) holdRegion(hold('replacement', one)['deletedRegion'])
    }
  }
}

function holdRegion(value: Json | undefined): void {
  const region = hold('region', value)
  for (const key of Object.keys(region)) assert.ok(Number(region[key]) >= 1, key)
}

test('a log is of the form that the schema demands', () => {
  const checks = [failed('source', 'Wrong.', [TYPO, REFUSED]), passed('verify', 'Good.', [NOWHERE])]
  holdLog(toSarif(checks, TOOL, new Map([[checks[0]?.findings[0] ?? TYPO, { from: 'refernces', to: 'references' }]])))
  holdLog(toSarif([], TOOL))
  assert.throws(() => holdLog({ version: '2.1.0' }))
})

test('a result has its place, its level, its rule and what to do', () => {
  const run = runOf([failed('source', 'Wrong.', [TYPO, REFUSED])])
  const [result] = listOf(run['results']).map(mapOf)
  assert.deepEqual(result, {
    ruleId: 'gate/source-attribute-misspelled',
    ruleIndex: 1,
    level: 'warning',
    message: { text: 'Sigma has no attribute "refernces". Write references.' },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'rules/a%20b/%C3%A4%3A1.yml' },
          region: { startLine: 7, startColumn: 5 },
        },
      },
    ],
  })
  const [content, rule] = listOf(mapOf(mapOf(run['tool'])['driver'])['rules']).map(mapOf)
  assert.deepEqual(content, {
    id: 'content/condition',
    shortDescription: { text: 'content/condition' },
    defaultConfiguration: { level: 'error' },
  })
  const { shortDescription, ...others } = rule ?? {}
  assert.match(JSON.stringify(shortDescription), /read by nobody\."/)
  assert.match(JSON.stringify(others['help']), /read by nobody\. Write the attribute as Sigma has it\./)
  assert.deepEqual(others['defaultConfiguration'], { level: 'warning' })
})

test('an edit is a replacement of exactly the text that is there', () => {
  const check = failed('source', 'Wrong.', [TYPO])
  const [one] = check.findings
  assert.ok(one !== undefined)
  const log = toSarif([check], TOOL, new Map([[one, { from: 'refernces', to: 'references' }]]))
  const [result] = listOf(mapOf(listOf(mapOf(log)['runs'])[0])['results']).map(mapOf)
  assert.deepEqual(listOf(result?.['fixes']), [
    {
      description: { text: 'Write references.' },
      artifactChanges: [
        {
          artifactLocation: { uri: 'rules/a%20b/%C3%A4%3A1.yml' },
          replacements: [
            {
              deletedRegion: { startLine: 7, startColumn: 5, endLine: 7, endColumn: 14 },
              insertedContent: { text: 'references' },
            },
          ],
        },
      ],
    },
  ])
})

test('an edit without words of its own says what is written', () => {
  const check = failed('source', 'Wrong.', [REFUSED])
  const [one] = check.findings
  assert.ok(one !== undefined)
  const log = toSarif([check], TOOL, new Map([[one, { from: 'a', to: 'b' }]]))
  const [result] = listOf(mapOf(listOf(mapOf(log)['runs'])[0])['results']).map(mapOf)
  assert.deepEqual(result?.['message'], { text: 'Cannot read condition.' })
  assert.deepEqual(mapOf(listOf(result?.['fixes'])[0])['description'], { text: 'Write b.' })
})

test('a finding without a place is a result without a location', () => {
  const [result] = listOf(runOf([passed('verify', 'Good.', [NOWHERE])])['results']).map(mapOf)
  assert.deepEqual(Object.keys(result ?? {}), ['ruleId', 'ruleIndex', 'level', 'message'])
})

test('a check that could not be run makes the run no success', () => {
  const [good] = listOf(runOf([passed('source', 'Good.')])['invocations']).map(mapOf)
  assert.deepEqual(good, { executionSuccessful: true, toolExecutionNotifications: [] })
  const [bad] = listOf(runOf([inconclusive('execution', 'It took too long.')])['invocations']).map(mapOf)
  assert.equal(bad?.['executionSuccessful'], false)
  assert.match(JSON.stringify(bad), /The check execution could not be run to its end: It took too long\./)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocuments, ruleOf } from './sigma-fixture.ts'

type Plain = Parameters<typeof readDocuments>[0][number]

/** What a rule says of its log source, or the codes of what is wrong with it. */
function read(more: { readonly [key: string]: Plain }): string {
  const { rules, problems } = readDocuments([ruleOf({ a: ['x'], condition: 'a' }, more)])
  const [rule] = rules
  if (rule === undefined) return problems.map(({ code }) => code).join(' ')
  const { category, product, service } = rule.logsource
  return `${category} ${product} ${service}`
}

const cases: readonly (readonly [source: Plain, read: string])[] = [
  [{ category: 'process_creation' }, 'process_creation null null'],
  [{ product: 'windows' }, 'null windows null'],
  [{ service: 'sshd' }, 'null null sshd'],
  [{ category: null, product: 'linux' }, 'null linux null'],
  [{ product: 'Windows', service: 'PowerShell Classic' }, 'null windows powershell_classic'],
  [{ product: 'windows', definition: 'for people', mine: 5 }, 'null windows null'],
  [{}, 'content/schema'],
  [{ category: null }, 'content/schema'],
  [{ definition: 'x' }, 'content/schema'],
  [{ category: '', product: 'linux' }, 'content/schema'],
  [{ category: ['x'] }, 'content/schema'],
  [{ category: { a: 'x' } }, 'content/schema'],
  [{ product: 5 }, 'content/schema'],
  [{ product: 'x'.repeat(64) }, `null ${'x'.repeat(64)} null`],
  [{ product: 'x'.repeat(65) }, 'content/limit'],
  ['windows', 'content/schema'],
]

for (const [source, expected] of cases) {
  test(`log source ${JSON.stringify(source).slice(0, 60)}`, () => assert.equal(read({ logsource: source }), expected))
}

test('only the taxonomy of Sigma is known', () => {
  const logsource = { product: 'linux' }
  assert.equal(read({ logsource, taxonomy: 'sigma' }), 'null linux null')
  assert.equal(read({ logsource, taxonomy: null }), 'null linux null')
  for (const taxonomy of ['ecs', '', 5, ['sigma']]) assert.equal(read({ logsource, taxonomy }), 'content/schema')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PackSource, toSourceNode } from '@firebreak/content'
import { takeChanges } from './changed-source.ts'

const ID = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`
const ruleText = (n: number): string => `title: Rule ${n}\nid: ${ID(n)}\n`
const testText = (n: number): string => `rule: ${ID(n)}\nmatch: []\n`

const SOURCE: PackSource = [1, 2, 3].reduce<PackSource>(
  (source, n) => {
    const changes = [
      { file: `rules/${n}.yml`, text: ruleText(n) },
      { file: `tests/${n}.yml`, text: testText(n) },
    ]
    const touched = takeChanges(source, changes)
    assert.ok(touched)
    return touched.source
  },
  { manifest: toSourceNode({ name: 'p' }, 'pack.yaml'), rules: [], tests: [], indicators: [] },
)

const filesOf = ({ rules, tests }: PackSource): readonly string[] => [...rules, ...tests].map(({ file }) => file)

test('a changed rule is touched with its tests, a changed test with its rule', () => {
  assert.deepEqual(filesOf(SOURCE).length, 6)
  const byRule = takeChanges(SOURCE, [{ file: 'rules/2.yml', text: `${ruleText(2)}level: low\n` }])
  assert.deepEqual(byRule && filesOf(byRule.slice), ['rules/2.yml', 'tests/2.yml'])
  const byTest = takeChanges(SOURCE, [{ file: 'tests/3.yml', text: testText(3) }])
  assert.deepEqual(byTest && filesOf(byTest.slice), ['rules/3.yml', 'tests/3.yml'])
  assert.equal(byTest && filesOf(byTest.source).length, 6)
})

test('a file that is gone takes its rule with it; a broken one says where, until it is mended', () => {
  const gone = takeChanges(SOURCE, [{ file: 'rules/1.yml', text: null }])
  assert.ok(gone && !filesOf(gone.source).includes('rules/1.yml'))
  const broken = takeChanges(SOURCE, [{ file: 'rules/1.yml', text: 'title: [' }])
  assert.deepEqual(
    broken?.slice.diagnostics?.map(({ code, at }) => `${code} ${at.file}`),
    ['content/yaml rules/1.yml'],
  )
  const mended = takeChanges(broken?.source ?? SOURCE, [{ file: 'rules/1.yml', text: ruleText(1) }])
  assert.deepEqual(mended?.source.diagnostics, [])
})

test('what touches everything is not taken in by parts', () => {
  for (const file of ['pack.yaml', 'indicators/a.csv', 'placeholders.yml', 'README.md']) {
    assert.equal(takeChanges(SOURCE, [{ file, text: 'x' }]), null, file)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TUNING_BYTES_MAX } from './limits.ts'
import { packOf, rule, ruleId } from './pack-fixture.ts'
import { type SigmaSource, toSourceNode } from './source.ts'
import { compileTuning, parseTuning, verifyTuning } from './tuning.ts'

type Plain = Parameters<typeof toSourceNode>[0]

const LINUX = { category: 'process_creation', product: 'linux' }

function filter(rules: Plain, more: { readonly [key: string]: Plain } = {}): Plain {
  const backup = { 'Image|endswith': '/backup' }
  return { title: 'Backups', logsource: LINUX, filter: { rules, backup, condition: 'not backup' }, ...more }
}

function files(...documents: readonly Plain[]): readonly SigmaSource[] {
  return documents.map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] }))
}

test('a tuning without filters says so at its first file, unless something else is wrong', () => {
  const places = (documents: readonly SigmaSource[]) =>
    parseTuning(documents).diagnostics.map(({ code, at }) => `${at.file}:${at.line}:${at.column} ${code}`)
  assert.deepEqual(places([]), ['tuning:1:1 content/tuning'])
  assert.deepEqual(places([{ file: 'empty.yml', nodes: [] }]), ['empty.yml:1:1 content/tuning'])
  assert.deepEqual(places(files('x')), ['0.yml:1:1 content/schema'])
})

test('a filter whose condition is too large is left out, and told', () => {
  const large = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]))
  const selection = Array.from({ length: 200 }, (_, i) => ({ ...large, [`g${i}`]: i }))
  const tuning = parseTuning(files(filter('any', { filter: { rules: 'any', selection, condition: 'not selection' } })))
  assert.deepEqual(tuning.filters, [])
  assert.deepEqual(
    tuning.diagnostics.map(({ code }) => code),
    ['content/limit'],
  )
})

test('targets are ids, in order, each once, without those that are no name of a rule', () => {
  const rules = packOf([
    rule(1, { s: { Image: 'a' }, condition: 's' }, { name: 'first' }),
    rule(2, { s: { Image: 'b' }, condition: 's' }),
  ]).rules
  const named = parseTuning(files(filter(['nobody', 'first', ruleId(2).toUpperCase(), 'null'])), rules)
  assert.deepEqual(named.filters[0]?.targets, [ruleId(1), ruleId(2)])
  assert.deepEqual(
    named.diagnostics.map(({ message }) => message.replace(/:.*/, '')),
    ['Cannot tune "nobody"', 'Cannot tune "null"'],
  )
  const id = 'abcdef00-0000-4000-8000-000000000001'
  const unknown = parseTuning(files(filter([id.toUpperCase()])), rules)
  assert.deepEqual([unknown.filters[0]?.targets, unknown.unknownTargets[0]?.id], [[id], id])
  assert.deepEqual(parseTuning(files(filter([id.toUpperCase()]))).filters[0]?.targets, [id])
})

test('filters come by title, log source and targets', () => {
  const shown = parseTuning(
    files(
      filter([ruleId(2)], { title: 'B' }),
      filter('any', { title: 'B', logsource: { category: 'file_event' } }),
      filter([ruleId(1)], { title: 'B' }),
      filter('any', { title: 'C', logsource: { category: 'a' } }),
      filter([ruleId(9)], { title: 'A' }),
    ),
  ).filters.map(({ title, logsource, targets }) => `${title} ${logsource.category} ${targets.join()}`)
  assert.deepEqual(shown, [
    `A process_creation ${ruleId(9)}`,
    'B file_event ',
    `B process_creation ${ruleId(1)}`,
    `B process_creation ${ruleId(2)}`,
    'C a ',
  ])
})

test('advice is about the rules of the pack, where there is one', () => {
  const keeps = filter('any', { filter: { rules: 'any', admins: { User: 'root' }, condition: 'admins' } })
  const advice = (...rules: Parameters<typeof parseTuning>[1][]) =>
    parseTuning(files(keeps), ...rules).advice.map(({ message }) => message.replace(/^Filter "\w+" /, '').slice(0, 12))
  const { rules } = packOf([rule(1, { s: { Image: 'a' }, condition: 's' })])
  assert.deepEqual(advice(null), ['has no not: '])
  assert.deepEqual(advice(rules), ['has no not: '])
  assert.deepEqual(advice([]).length, 2)
})

test('a tuning is judged as a host judges it', () => {
  assert.throws(() => verifyTuning(new Uint8Array(TUNING_BYTES_MAX)), { code: 'content/image-header' })
  assert.throws(() => verifyTuning(new Uint8Array(TUNING_BYTES_MAX + 1)), { code: 'content/limit' })
  const long = parseTuning(
    files(...Array.from({ length: 40 }, (_, i) => filter('any', { title: `${i}`, filter: longFilter(i) }))),
  )
  assert.deepEqual(long.diagnostics, [])
  assert.throws(() => compileTuning(long, { name: 'acme', version: '1.0.0' }), { code: 'content/limit' })
})

/** Of 8,000 characters that no other has. */
function longFilter(number: number): Plain {
  return { rules: 'any', s: { 'Image|contains': `${number}`.repeat(8_000).slice(0, 8_000) }, condition: 'not s' }
}

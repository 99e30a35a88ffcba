import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack } from './compile.ts'
import { ContentError } from './errors.ts'
import { FILTER, readSource, verifyImage, writeImage } from './image/index.ts'
import { TUNING_BYTES_MAX } from './limits.ts'
import { packOf, rule, ruleId } from './pack-fixture.ts'
import { type SigmaSource, toSourceNode } from './source.ts'
import { compileTuning, parseTuning, verifyTuning } from './tuning.ts'

type Plain = Parameters<typeof toSourceNode>[0]

const LINUX = { category: 'process_creation', product: 'linux' }
const ABOUT = { name: 'acme', version: '1.0.0' }

function filter(rules: Plain, more: { readonly [key: string]: Plain } = {}): Plain {
  const backup = { 'Image|endswith': '/backup' }
  return { title: 'Backups', logsource: LINUX, filter: { rules, backup, condition: 'not backup' }, ...more }
}

function files(...documents: readonly Plain[]): readonly SigmaSource[] {
  return documents.map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] }))
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ContentError) return error.code
    throw error
  }
  return 'nothing thrown'
}

const pack = packOf([
  rule(1, { s: { Image: 'a' }, condition: 's' }, { name: 'first' }),
  rule(2, { s: { Image: 'b' }, condition: 's' }, { name: 'twice' }),
  rule(3, { s: { Image: 'c' }, condition: 's' }, { name: 'twice' }),
  rule(4, { s: { TargetFilename: 'd' }, condition: 's' }, { logsource: { category: 'file_event', product: 'linux' } }),
])

test('a tuning is an image with filters, which name rules by id', () => {
  const parsed = parseTuning(files(filter([ruleId(2), ruleId(1).toUpperCase(), ruleId(1)]), filter('any')))
  assert.deepEqual(parsed.diagnostics, [])
  assert.deepEqual(parsed.advice, [])
  assert.deepEqual(
    parsed.filters.map(({ targets }) => targets),
    [[], [ruleId(1), ruleId(2)]],
  )
  const { image, filterCount } = compileTuning(parsed, ABOUT)
  const { category, ruleCount, features, tables } = verifyTuning(image)
  assert.deepEqual([category, ruleCount, features], ['tuning', 0, ['tuning']])
  assert.deepEqual([filterCount, tables.filters.length / FILTER.words], [2, 2])
})

test('the bytes do not depend on the order of files, and survive being read back', () => {
  const [a, b] = [filter('any', { title: 'A' }), filter([ruleId(1)], { title: 'B' })]
  const { image } = compileTuning(parseTuning(files(a, b)), ABOUT)
  assert.deepEqual(compileTuning(parseTuning(files(b, a)), ABOUT).image, image)
  assert.deepEqual(writeImage(readSource(verifyTuning(image))), image)
})

test('with the pack, names become ids, unknown ids are told, and what does nothing is advised', () => {
  const keeps = { rules: [ruleId(2)], admins: { User: 'root' }, condition: 'admins' }
  const parsed = parseTuning(
    files(
      filter(['first']),
      filter([ruleId(99)]),
      filter([ruleId(4)]),
      filter('any', { logsource: { product: 'windows' } }),
      { title: 'Keeps', logsource: LINUX, filter: keeps },
    ),
    pack.rules,
  )
  assert.deepEqual(parsed.diagnostics, [])
  assert.deepEqual(
    parsed.unknownTargets.map(({ id, at }) => [id, at.file]),
    [[ruleId(99), '1.yml']],
  )
  assert.deepEqual(
    parsed.advice.map(({ message }) => message.replace(/^Filter "\w+" /, '').replace(/:.*/, '')),
    ['is for any rule of a log source that no rule has', 'has no not', `is not of the log source of rule ${ruleId(4)}`],
  )
  const targets = parsed.filters.flatMap((one) => one.targets)
  assert.deepEqual(targets.toSorted(), [ruleId(1), ruleId(2), ruleId(4), ruleId(99)])
})

test('without the pack an id is taken as it is, and nothing is said about what the pack has', () => {
  const parsed = parseTuning(files(filter([ruleId(99)])))
  assert.deepEqual([parsed.diagnostics, parsed.advice, parsed.unknownTargets], [[], [], []])
})

test('what is wrong with a tuning is all told, each with its place', () => {
  const rows: readonly (readonly [what: string, document: Plain, code: string, message: RegExp])[] = [
    ['a rule', rule(1, { s: { a: 1 }, condition: 's' }), 'content/tuning', /filters only/],
    ['a correlation', { title: 'x', correlation: {} }, 'content/tuning', /filters only/],
    ['an unknown name', filter(['nobody']), 'content/tuning', /no rule of the pack has that name/],
    ['a name of two rules', filter(['twice']), 'content/tuning', /several rules/],
    ['no rules', filter([]), 'content/schema', /at least one rule/],
    ['no log source', filter('any', { logsource: {} }), 'content/schema', /logsource/],
    ['a condition of nothing', filter('any', { filter: { rules: 'any', condition: 'x' } }), 'content/condition', /./],
    [
      'a placeholder',
      filter('any', { filter: { rules: 'any', s: { 'User|expand': '%admins%' }, condition: 'not s' } }),
      'content/modifier',
      /admins/,
    ],
  ]
  const all = parseTuning(files(...rows.map(([, document]) => document)), pack.rules)
  for (const [i, [what, document, code, message]] of rows.entries()) {
    const [only] = parseTuning(files(document), pack.rules).diagnostics
    assert.equal(only?.code, code, what)
    assert.match(only.message, message, what)
    assert.ok(
      all.diagnostics.some(({ at }) => at.file === `${i}.yml`),
      `${what}: hidden by another`,
    )
  }
  const [unnamed] = parseTuning(files(filter(['first']))).diagnostics
  assert.match(unnamed?.message ?? '', /name the rule by its id/)
  assert.equal(parseTuning([]).diagnostics[0]?.code, 'content/tuning')
})

test('a tuning with problems, or with a name that is none, does not compile', () => {
  const bad = parseTuning(files(filter(['nobody'])))
  assert.equal(
    codeOf(() => compileTuning(bad, ABOUT)),
    'content/tuning',
  )
  const good = parseTuning(files(filter('any')))
  assert.equal(
    codeOf(() => compileTuning(good, { name: 'A B', version: '1.0.0' })),
    'content/schema',
  )
})

test('hostile bytes are no tuning', () => {
  const { image } = compileTuning(parseTuning(files(filter([ruleId(1)]))), ABOUT)
  const both = { ...readSource(verifyTuning(image)), rules: readSource(verifyImage(compilePack(pack).image)).rules }
  const none = { ...readSource(verifyTuning(image)), filters: [] }
  const rows: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
    ['a pack', compilePack(pack).image, 'content/tuning'],
    ['a tuning that brings rules', writeImage(both), 'content/tuning'],
    ['without a filter', writeImage(none), 'content/tuning'],
    ['cut off', image.subarray(0, image.length - 4), 'content/image-truncated'],
    ['too large', new Uint8Array(TUNING_BYTES_MAX + 1), 'content/limit'],
    ['nothing', new Uint8Array(0), 'content/image-truncated'],
  ]
  for (const [what, bytes, code] of rows)
    assert.equal(
      codeOf(() => verifyTuning(bytes)),
      code,
      what,
    )
})

test('a tuning with any one bit flipped is refused with a code, or is a tuning', () => {
  const { image } = compileTuning(parseTuning(files(filter([ruleId(1)]), filter('any'))), ABOUT)
  let refused = 0
  for (let at = 0; at < image.length; at++) {
    const bytes = image.slice()
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    const code = codeOf(() => verifyTuning(bytes))
    assert.match(code, /^content\/|^nothing thrown$/)
    if (code !== 'nothing thrown') refused++
  }
  assert.ok(refused > image.length / 2)
})

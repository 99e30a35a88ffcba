import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { customerPolicy, wanting } from './customer.fixture.ts'
import { type ContentRule, type CustomerRing, customerRingOf, hostLabels, settingsFor } from './rings.ts'
import { type ContentSettings, DEFAULT_SETTINGS } from './settings.ts'

const ring = (name: string, over: Partial<CustomerRing> = {}): CustomerRing => ({
  name,
  labels: {},
  samplePpm: PPM_ALL,
  ...over,
})
const wants = (over: Partial<ContentSettings>): ContentSettings => ({ ...DEFAULT_SETTINGS, ...over })
const host = (labels: Readonly<Record<string, string>> = {}, id = 'h') => ({ host: id, labels })

const policy = customerPolicy({
  rings: [
    ring('db', { labels: { role: ['db', 'cache'] } }),
    ring('lab', { labels: { role: ['web'], site: ['x'] } }),
    ring('nobody', { samplePpm: 0 }),
  ],
})
const memberships: readonly (readonly [what: string, labels: Readonly<Record<string, string>>, ring: string | null])[] =
  [
    ['one of the values', { role: 'cache' }, 'db'],
    ['another value', { role: 'mail' }, null],
    ['no labels', {}, null],
    ['only one of two keys', { role: 'web' }, null],
    ['both keys', { role: 'web', site: 'x', more: 'y' }, 'lab'],
    ['the first ring that takes it', { role: 'db', site: 'x' }, 'db'],
    ['a value is compared whole', { role: 'd' }, null],
  ]
for (const [what, labels, expected] of memberships) {
  test(`${what}: ${expected}`, () => assert.equal(customerRingOf(policy, host(labels)), expected))
}

test('a label that every object has is not a label of every host', () => {
  const odd = customerPolicy({ rings: [ring('odd', { labels: { constructor: ['x'], tostring: ['y'] } })] })
  assert.equal(customerRingOf(odd, host()), null)
})

const rule = (over: Partial<ContentRule>, delayMs: number): ContentRule => ({
  rings: '*',
  categories: '*',
  settings: wants({ delayMs }),
  ...over,
})
const ruled = customerPolicy({
  rings: [ring('db', { labels: { role: ['db'] } }), ring('web', { labels: { role: ['web'] } })],
  rules: [
    rule({ rings: ['db'], categories: ['a'] }, 1),
    rule({ categories: ['b'] }, 2),
    rule({ rings: ['db', 'web'] }, 3),
  ],
  default: wants({ delayMs: 9 }),
})
const precedence: readonly (readonly [
  what: string,
  role: string,
  category: string | null,
  delayMs: number,
  rule: number | null,
])[] = [
  ['ring and category', 'db', 'a', 1, 1],
  ['category alone', 'db', 'b', 2, 2],
  ['a host of no ring, by category', 'mail', 'b', 2, 2],
  ['ring alone', 'db', 'c', 3, 3],
  ['the other ring of a rule', 'web', 'a', 3, 3],
  ['neither', 'mail', 'a', 9, null],
  ['a category that is not known yet', 'db', null, 3, 3],
]
for (const [what, role, category, delayMs, decided] of precedence) {
  test(`${what}: ${decided === null ? 'the default' : `rule ${decided}`} decides`, () => {
    const { settings, by } = settingsFor(ruled, host({ role }), category)
    assert.equal(settings.delayMs, delayMs)
    assert.deepEqual(by, { ring: role === 'mail' ? null : role, rule: decided })
  })
}

test('the first rule decides with all its settings: nothing is put together from several', () => {
  const both = customerPolicy({ rules: [rule({}, 5), { ...rule({}, 0), settings: wants({ pause: true }) }] })
  assert.deepEqual(settingsFor(both, host(), 'a').settings, wants({ delayMs: 5 }))
})

test('without a policy nothing is wanted', () => {
  assert.deepEqual(settingsFor(null, host({ role: 'db' }), 'a'), {
    settings: DEFAULT_SETTINGS,
    by: { ring: null, rule: null },
  })
  assert.deepEqual(settingsFor(wanting({}), host(), 'a').settings, DEFAULT_SETTINGS)
})

const ids = fc.string({ minLength: 1, maxLength: 12 })
const shares = fc.integer({ min: 0, max: PPM_ALL })

test('a larger sample adds hosts and moves none out', () => {
  fc.assert(
    fc.property(ids, shares, shares, (id, a, b) => {
      const inSample = (samplePpm: number) =>
        customerRingOf(customerPolicy({ rings: [ring('s', { samplePpm })] }), host({}, id)) === 's'
      if (inSample(Math.min(a, b))) assert.ok(inSample(Math.max(a, b)))
      assert.ok(inSample(PPM_ALL) && !inSample(0))
    }),
  )
})

test('a sample is as large as it says, and another one for each ring and customer', () => {
  const names = Array.from({ length: 4_000 }, (_, i) => `host-${i}`)
  const sampled = (customer: string, name: string) => {
    const one = customerPolicy({ customer, rings: [ring(name, { samplePpm: 100_000 })] })
    return new Set(names.filter((id) => customerRingOf(one, host({}, id)) !== null))
  }
  const first = sampled('acme', 's')
  for (const other of [sampled('acme', 't'), sampled('evil', 's')]) {
    assert.ok(Math.abs(other.size - 400) < 80, `${other.size}`)
    // Independent: a tenth of a tenth.
    const shared = first.intersection(other).size
    assert.ok(shared > 10 && shared < 80, `${shared}`)
  }
  assert.deepEqual(sampled('acme', 's'), first)
})

test('labels of a host are read as strictly as those of a policy', () => {
  assert.deepEqual(hostLabels({ role: 'web', 'example.com/site': 'Köln' }, 'labels'), {
    role: 'web',
    'example.com/site': 'Köln',
  })
  const bad: readonly unknown[] = [
    { Role: 'web' },
    { role: '' },
    { role: ['web'] },
    { role: 'x'.repeat(65) },
    [],
    null,
    JSON.parse('{"__proto__":"x"}'),
  ]
  for (const one of bad)
    assert.throws(() => hostLabels(one, 'labels'), { code: 'kernel/malformed' }, JSON.stringify(one))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkContract, contractProblems, ENGINE_CONTRACT, ENGINE_VERSION, type EngineContract } from './contract.ts'
import { contractOf, image, type Plain, rule } from './engine-fixture.ts'
import { createEngine } from './engine.ts'
import { DetectError } from './errors.ts'

const reads = (field: string, category = 'process_creation'): Plain =>
  rule(1, { s: { [field]: 'x' }, condition: 's' }, { logsource: { category, product: 'linux' } })

test('process creation supplies 22 fields, as the sensors do', () => {
  const [processes] = ENGINE_CONTRACT.fields
  assert.equal(processes?.category, 'process_creation')
  assert.equal(new Set(processes?.fields).size, 22)
})

test('every supplied field can be read', () => {
  for (const { category, fields } of ENGINE_CONTRACT.fields) {
    for (const field of fields) createEngine(image([reads(field, category)]), ENGINE_CONTRACT)
  }
})

test('the 23rd field, as the 21st of July 2024, is refused by name before anything runs', () => {
  const refused = image([reads('OriginalFileName')])
  const details = {
    source: 'category: process_creation, product: linux',
    field: 'OriginalFileName',
    suppliedFields: 22,
    engineVersion: ENGINE_VERSION,
  }
  for (const load of [checkContract, createEngine]) {
    assert.throws(
      () => load(refused, ENGINE_CONTRACT),
      (error) => {
        assert.ok(error instanceof DetectError)
        assert.equal(error.code, 'detect/unsupplied-field')
        assert.deepEqual(error.details, details)
        assert.match(error.message, /OriginalFileName of .*, which is not one of the 22 that engine [\d.]+ supplies/)
        return true
      },
    )
  }
})

test('a field that only a wildcard or a negation reads is still needed', () => {
  const detections: readonly Plain[] = [
    { s: { Field23: '*' }, condition: 's' },
    { a: { Image: 'x' }, s: { Field23: 'x' }, condition: 'a and not s' },
    { a: { Image: 'x' }, s: { Field23: null }, condition: 'a or s' },
  ]
  for (const detection of detections) {
    assert.throws(
      () => checkContract(image([rule(1, detection)]), ENGINE_CONTRACT),
      (error) => error instanceof DetectError && error.code === 'detect/unsupplied-field',
    )
  }
})

test('an image that needs more than the engine has is refused with a code', () => {
  const plain = image([rule(1, { s: { Image: 'x' }, condition: 's' })])
  const regex = image([rule(1, { s: { 'Image|re': 'x' }, condition: 's' })])
  const rows: readonly (readonly [what: string, load: () => void, code: string])[] = [
    ['category', () => checkContract(image([reads('x', 'image_load')]), ENGINE_CONTRACT), 'detect/unsupplied-source'],
    ['feature', () => checkContract(regex, { ...contractOf(regex), features: ['sigma'] }), 'detect/unsupplied-feature'],
    ['engine', () => checkContract(plain, { ...contractOf(plain), engineVersion: '0.9.9' }), 'detect/engine-too-old'],
    [
      'minimum',
      () => checkContract(image([reads('Image')], { manifest: { minimumEngine: '99.0.0' } }), ENGINE_CONTRACT),
      'detect/engine-too-old',
    ],
    [
      'empty contract',
      () => checkContract(plain, { engineVersion: '1.0.0', features: [], fields: [] }),
      'detect/unsupplied-feature',
    ],
  ]
  for (const [what, load, code] of rows) {
    assert.throws(load, (error) => error instanceof DetectError && error.code === code, what)
  }
})

test('inputs add sources and fields, by what they declare or by channel, and take none away', () => {
  const inputs: EngineContract['inputs'] = [
    { kind: 'declared', source: { category: null, product: 'linux', service: 'sshd' }, fields: ['Message'] },
    { kind: 'declared', source: { category: 'process_creation', product: 'linux', service: null }, fields: ['TeamId'] },
    { kind: 'channel', channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 1, fields: ['Image', 'Company'] },
  ]
  const of = (logsource: Plain, field: string): Plain => rule(1, { s: { [field]: 'x' }, condition: 's' }, { logsource })
  const sshd = { product: 'linux', service: 'sshd' }
  const windows = { product: 'windows', category: 'process_creation' }
  const linux = { product: 'linux', category: 'process_creation' }
  const rows: readonly (readonly [logsource: Plain, field: string, without: string | null, within: string | null])[] = [
    [sshd, 'Message', 'detect/unsupplied-source', null],
    [sshd, 'Image', 'detect/unsupplied-source', 'detect/unsupplied-field'],
    [windows, 'Company', 'detect/unsupplied-source', null],
    [windows, 'Product', 'detect/unsupplied-source', 'detect/unsupplied-field'],
    [{ ...windows, category: 'file_event' }, 'Image', 'detect/unsupplied-source', 'detect/unsupplied-source'],
    [linux, 'TeamId', 'detect/unsupplied-field', null],
    [linux, 'ParentImage', null, null],
    [linux, 'OriginalFileName', 'detect/unsupplied-field', 'detect/unsupplied-field'],
  ]
  const refusal = (logsource: Plain, field: string, contract: EngineContract): string | null => {
    try {
      checkContract(image([of(logsource, field)]), contract)
      return null
    } catch (error) {
      assert.ok(error instanceof DetectError)
      return error.code
    }
  }
  for (const [logsource, field, without, within] of rows) {
    assert.equal(refusal(logsource, field, ENGINE_CONTRACT), without, field)
    assert.equal(refusal(logsource, field, { ...ENGINE_CONTRACT, inputs }), within, field)
  }
})

test('indicators need only supplied fields, whatever their type', () => {
  const indicators = [
    'type,value,description',
    'ip,1.2.3.4,',
    'domain,a.example,',
    'filename,x,',
    `sha256,${'0'.repeat(64)},`,
  ].join('\n')
  createEngine(image([], { indicators }), ENGINE_CONTRACT)
})

test('all that is missing is named, not only the first', () => {
  const selection = (...fields: readonly string[]): Plain => {
    return { s: Object.fromEntries(fields.map((field) => [field, 'x'])), condition: 's' }
  }
  const of = (category: string) => ({ logsource: { category, product: 'linux' } })
  const rules = [
    rule(1, selection('Field23', 'Field24', 'Image')),
    rule(2, selection('QueryName'), of('registry_set')),
    rule(3, selection('Hashes', 'Image'), of('file_event')),
  ]
  const problems = contractProblems(image(rules), { ...ENGINE_CONTRACT, features: [] })
  assert.deepEqual(
    problems.map(({ code, details }) => [code, details['feature'] ?? details['field'] ?? details['source']]),
    [
      ['detect/unsupplied-feature', 'sigma'],
      ['detect/unsupplied-field', 'Hashes'],
      ['detect/unsupplied-field', 'Field23'],
      ['detect/unsupplied-field', 'Field24'],
      ['detect/unsupplied-source', 'category: registry_set, product: linux'],
    ],
  )
})

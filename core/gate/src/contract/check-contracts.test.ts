import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack, type SensorSource, type VerifiedImage, verifyImage } from '@firebreak/content'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import { MANIFEST, type PlainMap, rule, sourceOf } from '../gate-fixture.ts'
import { checkContracts, CONTRACT_CODES } from './check-contracts.ts'
import { contractOf, type EngineBuild } from './engine-build.ts'

const DIGEST = '0'.repeat(64)
const { features, fields } = ENGINE_CONTRACT

function engine(version: string, over: Partial<EngineBuild> = {}): EngineBuild {
  const supplies = { features, fields }
  return { version, digest: DIGEST, commit: null, supplies, takesInputs: true, tellsWork: true, ...over }
}

/** Its sensors fill in two fields of processes and nothing else. */
const SMALL = { features, fields: [{ category: 'process_creation', fields: ['Image', 'CommandLine'] }] }

function imageOf(rules: readonly PlainMap[], minimumEngine = '1.0.0'): VerifiedImage {
  return verifyImage(compilePack(parsePack(sourceOf(rules, [], { ...MANIFEST, minimumEngine }))).image)
}

const reads = (n: number, ...names: readonly string[]): PlainMap => {
  return rule(n, Object.fromEntries(names.map((name) => [name, 'x'])))
}

test('every engine of the fleet is held to the image, and each is named in the reason', () => {
  const check = checkContracts(imageOf([reads(1, 'Image', 'User')]), [engine('1.1.0'), engine('1.2.0')], [])
  const needs = '2 fields of 1 log sources and all 1 features that the image needs.'
  assert.deepEqual([check.verdict, check.reason], ['pass', `Engine 1.1.0, 1.2.0 supplies all ${needs}`])
})

test('each field that some engine does not supply is a finding that names both, not only the first', () => {
  const image = imageOf([reads(1, 'Image', 'User', 'Hashes'), rule(2, { x: 'y' }, { category: 'dns_query' })])
  const check = checkContracts(image, [engine('1.1.0', { supplies: SMALL }), engine('1.2.0')], [])
  assert.equal(check.verdict, 'fail')
  assert.deepEqual(
    check.findings.map(({ code, message }) => [
      code,
      /^Engine ([\d.]+)/.exec(message)?.[1],
      /(field \w+|dns_query)/.exec(message)?.[1],
    ]),
    [
      ['detect/unsupplied-source', '1.1.0', 'dns_query'],
      ['detect/unsupplied-field', '1.1.0', 'field Hashes'],
      ['detect/unsupplied-field', '1.1.0', 'field User'],
      ['detect/unsupplied-field', '1.2.0', 'field x'],
    ],
  )
})

test('the replica of July 2024, a 21st field for 20 supplied, fails without a single execution', () => {
  const supplied = Array.from({ length: 20 }, (_, i) => `Field${i + 1}`)
  const supplies = { features, fields: [{ category: 'process_creation', fields: supplied }] }
  const build = engine('1.0.0', { supplies })
  assert.equal(checkContracts(imageOf([reads(1, ...supplied)]), [build], []).verdict, 'pass')
  for (const value of ['*', 'pipe']) {
    const check = checkContracts(imageOf([rule(1, { Field20: 'x', Field21: value })]), [build], [])
    assert.equal(check.verdict, 'fail', value)
    assert.match(check.reason, /Field21 of .*, which is not one of the 20 that engine 1\.0\.0 supplies/)
  }
})

test('an engine that the pack does not ask for is a note; a fleet without any other is an error', () => {
  const image = imageOf([reads(1, 'User')], '1.2.0')
  const old = engine('1.1.0', { supplies: SMALL })
  const both = checkContracts(image, [old, engine('1.2.0')], [])
  assert.deepEqual([both.verdict, both.findings.map(({ code }) => code)], ['pass', ['detect/engine-too-old']])
  const alone = checkContracts(image, [old], [])
  assert.deepEqual([alone.verdict, alone.findings[0]?.code], ['fail', 'gate/no-engine-takes-it'])
})

test('versions are compared as numbers: 1.10.0 is newer than 1.9.0', () => {
  const image = imageOf([reads(1, 'Image')], '1.9.0')
  assert.deepEqual(checkContracts(image, [engine('1.10.0')], []).findings, [])
})

test('without a build there is no verdict', () => {
  const { verdict, findings } = checkContracts(imageOf([reads(1, 'Image')]), [], [])
  assert.deepEqual([verdict, findings.map(({ code }) => code)], ['inconclusive', ['gate/no-engine']])
})

test('a pack that no engine takes is held against the newest of them', () => {
  const fleet = ['1.1.0', '1.10.0', '1.9.0'].map((version) => engine(version))
  const { reason, findings } = checkContracts(imageOf([reads(1, 'Image')], '2.0.0'), fleet, [])
  assert.equal(reason, 'The pack needs engine 2.0.0, and the newest of the fleet is 1.10.0.')
  assert.equal(findings[0]?.fix, 'Lower minimumEngine in pack.yaml.')
})

test('the reason counts the errors, and each says how it is mended', () => {
  const small = engine('1.1.0', { supplies: { ...SMALL, features: [] } })
  const { reason, findings } = checkContracts(imageOf([reads(1, 'User', 'Hashes')]), [small], [])
  assert.match(reason, /^3 findings, the first: Engine 1\.1\.0 cannot load it: /)
  const another = 'Say in pack.yaml that the pack needs a newer engine, or take the rules of it out.'
  assert.deepEqual(
    findings.map(({ code, fix }) => [code, fix]),
    [
      ['detect/unsupplied-feature', another],
      [
        'detect/unsupplied-field',
        'Read another field than Hashes, or say in pack.yaml that the pack needs a newer engine.',
      ],
      [
        'detect/unsupplied-field',
        'Read another field than User, or say in pack.yaml that the pack needs a newer engine.',
      ],
    ],
  )
})

test('what inputs supply counts for engines that take inputs, and for no other', () => {
  const image = imageOf([rule(1, { query: 'x' }, { category: 'dns', product: 'any' })])
  const source = { category: 'dns', product: 'any', service: null }
  const inputs: readonly SensorSource[] = [{ kind: 'declared', source, fields: ['query'] }]
  const taken = checkContracts(image, [engine('1.3.0')], inputs)
  assert.equal(taken.verdict, 'pass')
  assert.match(taken.reason, /^Engine 1\.3\.0, with the inputs that the release is for, supplies all 1 fields/)
  assert.deepEqual(contractOf(engine('1.3.0'), inputs).inputs, inputs)
  assert.deepEqual(contractOf(engine('1.1.0', { takesInputs: false }), inputs).inputs, [])
  assert.equal(checkContracts(image, [engine('1.3.0')], []).verdict, 'fail')
  const check = checkContracts(image, [engine('1.3.0'), engine('1.1.0', { takesInputs: false })], inputs)
  assert.match(check.reason, /^Engine 1\.1\.0 cannot load it: it reads events of category: dns/)
})

test('features are held too', () => {
  const without = engine('1.1.0', { supplies: { features: ['regex'], fields } })
  const [found] = checkContracts(imageOf([reads(1, 'Image')]), [without], []).findings
  assert.deepEqual([found?.code, found?.severity], ['detect/unsupplied-feature', 'error'])
  assert.ok(Object.values(CONTRACT_CODES).every(({ reason }) => reason.endsWith('.')))
})

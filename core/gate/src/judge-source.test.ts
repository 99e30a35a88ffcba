import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledPack, compilePack, type PackSource, parsePack } from '@firebreak/content'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import * as fc from 'fast-check'
import { CHECK_IDS, CHECK_VERDICTS, type CheckResult, decideVerdict, finding, FINDINGS_MAX } from './check/check.ts'
import type { EngineBuild } from './contract/engine-build.ts'
import { goodSource, MANIFEST, type PlainMap, rule, ruleId, ruleTest, sourceOf } from './gate-fixture.ts'
import { judgeSource, verifyCompiled } from './judge-source.ts'

const { engineVersion, features, fields } = ENGINE_CONTRACT
const ENGINE: EngineBuild = {
  version: engineVersion,
  digest: '0'.repeat(64),
  commit: null,
  supplies: { features, fields },
  takesInputs: true,
  tellsWork: true,
}
const CONTEXT = { engines: [ENGINE], inputs: [] }

const judge = (source: PackSource): readonly CheckResult[] => judgeSource(source, CONTEXT).checks
const codes = ({ findings }: CheckResult): readonly string[] =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)

function checkOf(checks: readonly CheckResult[], id: string): CheckResult {
  const found = checks.find((one) => one.id === id)
  assert.ok(found, `no check ${id}`)
  return found
}

const EVENTS = [{ Image: '/bin/nc' }]
const OTHERS = [{ Image: '/bin/cat' }]
const NC = rule(1, { 'Image|endswith': '/nc' })

test('a good pack passes every check of its source, and is compiled', () => {
  const { checks, candidate } = judgeSource(goodSource(), CONTEXT)
  assert.deepEqual(
    checks.map(({ id, verdict }) => `${id} ${verdict}`),
    ['source', 'compile', 'verify', 'tests', 'contract'].map((id) => `${id} pass`),
  )
  assert.equal(candidate.compiled?.digest, compilePack(parsePack(goodSource())).digest)
  assert.equal(candidate.image?.ruleCount, 2)
})

test('July 2024: a rule needs a 21st field, the engine supplies 20', () => {
  assert.ok(fields !== 'any')
  const supplied = fields.find(({ category }) => category === 'process_creation')
  const twenty = { category: 'process_creation', fields: supplied?.fields.slice(0, 20) ?? [] }
  assert.equal(twenty.fields.length, 20)
  const field = 'TwentyFirst'
  const source = sourceOf(
    [rule(1, { 'Image|endswith': '/nc', [field]: 'x' })],
    [
      ruleTest(
        1,
        [{ Image: '/bin/nc', [field]: 'x' }],
        [
          { Image: '/bin/nc', [field]: 'y' },
          { Image: '/bin/cat', [field]: 'x' },
        ],
      ),
    ],
  )
  const july = { ...CONTEXT, engines: [{ ...ENGINE, supplies: { features, fields: [twenty] } }] }
  const { checks } = judgeSource(source, july)
  const contract = checkOf(checks, 'contract')
  assert.equal(contract.verdict, 'fail')
  assert.deepEqual(codes(contract), ['detect/unsupplied-field'])
  assert.match(contract.findings[0]?.message ?? '', /TwentyFirst.* one of the 20/)
  assert.match(contract.reason, /TwentyFirst/)
})

const ofSource = (logsource: PlainMap): PackSource =>
  sourceOf([rule(1, { 'Image|endswith': '/nc' }, logsource)], [ruleTest(1, EVENTS, OTHERS)])

const NOT_A_RULE = { title: 'No detection', id: ruleId(9) }

/** Name, source, what every check says (p, f, n for not-run), error of the first failed check, its message. */
const bad: readonly (readonly [name: string, source: PackSource, checks: string, code: string, message: RegExp])[] = [
  ['a rule without detection', sourceOf([NC, NOT_A_RULE], []), 'fnnnn', 'content/schema', /logsource|detection/],
  ['no manifest', { ...goodSource(), manifest: null }, 'pfnpn', 'content/schema', /manifest/],
  ['a test of no rule', sourceOf([NC], [ruleTest(7, EVENTS, OTHERS)]), 'fnnnn', 'content/schema', /000000000007/],
  [
    'a newer engine needed',
    sourceOf([NC], [ruleTest(1, EVENTS, OTHERS)], { ...MANIFEST, minimumEngine: '9.0.0' }),
    'ppppf',
    'gate/no-engine-takes-it',
    /9\.0\.0/,
  ],
  [
    'a rule about Windows, which no sensor of the engine watches',
    ofSource({ category: 'process_creation', product: 'windows' }),
    'ppppf',
    'detect/unsupplied-source',
    /process_creation.*windows|windows.*process_creation/,
  ],
  [
    'a rule about a service, which no sensor of the engine reads',
    ofSource({ product: 'linux', service: 'auditd' }),
    'ppppf',
    'detect/unsupplied-source',
    /auditd/,
  ],
  ['an untested rule', sourceOf([NC], []), 'pppfp', 'gate/untested-rule', /Rule 1.* has no test/],
  [
    'a match event that does not match',
    sourceOf([NC], [ruleTest(1, OTHERS, [{ Image: '/x' }])]),
    'pppfp',
    'gate/missed',
    /match event 1/,
  ],
  [
    'an ignore event that matches',
    sourceOf([NC], [ruleTest(1, EVENTS, EVENTS)]),
    'pppfp',
    'gate/false-positive',
    /ignore event 1/,
  ],
]

for (const [name, source, expected, code, message] of bad) {
  test(`refuses ${name}`, () => {
    const checks = judge(source)
    assert.equal(checks.map(({ verdict }) => verdict.charAt(0)).join(''), expected)
    const first = checks.find(({ verdict }) => verdict === 'fail')
    const error = first?.findings.find(({ severity }) => severity === 'error')
    assert.equal(error?.code, code)
    assert.match(error?.message ?? '', message)
  })
}

test('names the file of an untested rule and of a wrong event', () => {
  assert.equal(checkOf(judge(sourceOf([NC], [])), 'tests').findings[0]?.at?.file, 'rules/0.yml')
  const wrong = judge(sourceOf([NC], [ruleTest(1, OTHERS, OTHERS)]))
  assert.equal(checkOf(wrong, 'tests').findings[0]?.at?.file, 'tests/0.yml')
})

test('what is left out is not looked for, and what it kept back goes on', () => {
  const untested = sourceOf([NC], [])
  const { checks } = judgeSource(untested, CONTEXT, new Set(['gate/untested-rule']))
  assert.ok(checks.every(({ verdict }) => verdict === 'pass'))
})

const compiled = compilePack(parsePack(goodSource()))
const tampered: readonly (readonly [name: string, change: Partial<CompiledPack>, code: string])[] = [
  ['no bytes', { image: new Uint8Array(0) }, 'content/image-truncated'],
  ['a prefix', { image: compiled.image.slice(0, -4) }, 'content/image-truncated'],
  ['another digest', { digest: '0'.repeat(64) }, 'gate/image-mismatch'],
  ['another version', { manifest: { ...compiled.manifest, version: '1.2.4' } }, 'gate/image-mismatch'],
  ['another category', { manifest: { ...compiled.manifest, category: 'configuration' } }, 'gate/image-mismatch'],
  ['another engine', { manifest: { ...compiled.manifest, minimumEngine: '1.0.1' } }, 'gate/image-mismatch'],
  ['another name', { manifest: { ...compiled.manifest, name: 'other' } }, 'gate/image-mismatch'],
  ['a rule less', { rules: compiled.rules.slice(1) }, 'gate/image-mismatch'],
]

for (const [name, change, code] of tampered) {
  test(`does not take the compiler's word: ${name}`, () => {
    const { check, value } = verifyCompiled({ ...compiled, ...change })
    assert.equal(check.verdict, 'fail')
    assert.equal(codes(check)[0], code)
    assert.equal(value, null)
  })
}

test('a bug of the verifier is no finding', () => {
  const broken = Object.defineProperty({ ...compiled }, 'image', {
    get: () => {
      throw new RangeError('a bug')
    },
  })
  assert.throws(() => verifyCompiled(broken), { name: 'RangeError', message: 'a bug' })
})

test('what the reader refused goes on when that is left out', () => {
  const source = sourceOf([NC, NOT_A_RULE], [ruleTest(1, EVENTS, OTHERS)])
  const verdicts = (omit: readonly string[]) =>
    judgeSource(source, CONTEXT, new Set(omit)).checks.map((one) => one.verdict)
  assert.deepEqual(verdicts(['content/limit']), ['fail', 'not-run', 'not-run', 'not-run', 'not-run'])
  assert.deepEqual(verdicts(['content/schema']), ['pass', 'pass', 'pass', 'pass', 'pass'])
})

test('the verdict is pass for exactly one set of checks', () => {
  const any = fc.record({ id: fc.constantFrom(...CHECK_IDS), verdict: fc.constantFrom(...CHECK_VERDICTS) })
  const all = CHECK_IDS.map((id): Pick<CheckResult, 'id' | 'verdict'> => ({ id, verdict: 'pass' }))
  const damaged = fc
    .tuple(fc.nat(CHECK_IDS.length - 1), fc.constantFrom('drop', 'repeat', ...CHECK_VERDICTS.slice(1)))
    .map(([at, how]) => {
      const one = all[at] as (typeof all)[number]
      const inPlace = how === 'drop' ? [] : how === 'repeat' ? [one, one] : [{ ...one, verdict: how as 'fail' }]
      return all.toSpliced(at, 1, ...inPlace)
    })
  const list = fc.oneof(fc.array(any, { maxLength: 12 }), fc.shuffledSubarray(all), damaged)
  fc.assert(
    fc.property(list, (checks) => {
      const ids = new Set(checks.map(({ id }) => id))
      const complete = checks.length === CHECK_IDS.length && ids.size === CHECK_IDS.length
      const expected = complete && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'fail'
      assert.equal(decideVerdict(checks.map((one) => ({ ...one, reason: '', findings: [] }))), expected)
    }),
  )
})

test('lists a bounded number of findings and says how many are left out', () => {
  const rules = Array.from({ length: FINDINGS_MAX + 5 }, (_, i) => rule(i, { Image: `/${i}` }))
  const { findings } = checkOf(judge(sourceOf(rules, [])), 'tests')
  assert.equal(findings.length, FINDINGS_MAX)
  const more = finding('gate/more-findings', '6 more findings are not listed.', null, { severity: 'note' })
  assert.deepEqual(findings.at(-1), more)
})

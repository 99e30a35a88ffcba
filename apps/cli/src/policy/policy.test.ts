import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodePlan, openCustomerPolicy, type PackPlan, parsePolicySource } from '@firebreak/rollout'
import { type Ended, lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'
import { CODE_FOLDER } from '../places.ts'
import { adviseOn } from './advice.ts'
import { durationMs, momentMs } from './draft.ts'

const DOCUMENT = join(CODE_FOLDER, 'docs', 'customer-policy.md')
const [EXAMPLE = '', SCHEDULE = ''] = [...readFileSync(DOCUMENT, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text = '']) => text,
)
const AT = '2035-01-10T12:00Z'

/** The command line with the example as `draft.yaml`. */
async function policyOf(folder: string, args: readonly string[]): Promise<Ended> {
  writeFileSync(join(folder, 'draft.yaml'), EXAMPLE)
  writeFileSync(join(folder, 'schedule.yaml'), SCHEDULE)
  return runCli(['policy', ...args, '--at', AT, '--json'], folder)
}

test('the example of the documentation is without fault, and says what it means', async (context) => {
  const folder = temporaryFolder(context)
  const checked = await policyOf(folder, ['check', join(folder, 'draft.yaml')])
  assert.equal(checked.code, 0, checked.stderr)
  const { rings, rules, advice } = lastJson(checked)
  assert.deepEqual([rings, rules, advice], [3, 4, []])

  const about = ['explain', join(folder, 'draft.yaml'), '--host-labels', 'role=db', '--host', 'h-2']
  const explained = lastJson(await policyOf(folder, [...about, '--category', 'rapid-response']))
  assert.deepEqual([explained['rule'], (explained['decision'] as { untilMs: number }).untilMs], [2, Date.parse(AT) + 3_600_000]) // prettier-ignore
  const lab = lastJson(await policyOf(folder, ['explain', join(folder, 'draft.yaml'), '--host-labels', 'site=lab']))
  assert.deepEqual([lab['ring'], lab['rule'], (lab['settings'] as { planRing: string }).planRing], ['lab', 1, 'canary'])

  const simulated = lastJson(
    await policyOf(folder, ['simulate', join(folder, 'draft.yaml'), '--schedule', join(folder, 'schedule.yaml')]),
  )
  const forecast = simulated['rings'] as readonly {
    readonly ring: string | null
    readonly installs: number
    readonly earliestMs: number
    readonly never: readonly { readonly reason: string }[]
  }[]
  const of = (ring: string | null) => forecast.find((one) => one.ring === ring)
  assert.equal(of('lab')?.earliestMs, Date.parse(AT), 'with the canary')
  assert.equal(
    new Date(of('servers')?.earliestMs ?? 0).toISOString(),
    '2035-01-13T21:00:00.000Z',
    'in the first window',
  )
  assert.ok((of('first-servers')?.installs ?? 0) > 100)
})

test('a draft becomes a signed policy that says the same', async (context) => {
  const folder = temporaryFolder(context)
  const [key, draft, out] = ['customer.pem', 'draft.yaml', 'acme.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(draft, EXAMPLE)
  const { publicKey } = lastJson(await runCli(['policy', 'key', key, '--json'], folder))
  const sign = ['policy', 'sign', '--from', draft, '--key', key, '--customer', 'acme', '--generation', '4']
  const signed = await runCli([...sign, '--out', out, '--json'], folder)
  assert.equal(signed.code, 0, signed.stderr)
  const policy = openCustomerPolicy(new Uint8Array(readFileSync(out)), String(publicKey))
  assert.deepEqual([policy.generation, policy.rings.length, policy.rules.length], [4, 3, 4])
  assert.equal(policy.rings[1]?.samplePpm, 100_000)
  assert.equal(policy.expiresAtMs, Date.UTC(2036, 0, 1))
  const checked = lastJson(await policyOf(folder, ['check', out]))
  assert.deepEqual(checked['signed'], { customer: 'acme', generation: 4, key: publicKey })

  writeFileSync(draft, EXAMPLE.replace('samplePpm: 10%', 'samplePpm: 101%').replace('rings: [lab]', 'rings: [labs]'))
  const faulty = await runCli([...sign, '--out', join(folder, 'other.json')], folder)
  assert.equal(faulty.code, 3)
  assert.match(faulty.stderr, /^draft\.yaml:7:\d+: .*rings\[1\]\.samplePpm: .*\[content\/schema\]$/m)
  assert.match(faulty.stderr, /rules\[0\]\.rings: expected rings of this policy, found "labs"/)
  assert.throws(() => readFileSync(join(folder, 'other.json')), /ENOENT/)

  const bytes = readFileSync(out)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  writeFileSync(out, bytes)
  assert.notEqual((await policyOf(folder, ['check', out])).code, 0)
  assert.equal((await policyOf(folder, ['check', join(folder, 'nowhere')])).code, 2)
})

const FAULTS: readonly (readonly [draft: string, said: readonly RegExp[]])[] = [
  ['a: [', [/^draft\.yaml:1:\d+: |Cannot read YAML/m]],
  ['pin: 1.0.0', [/^draft\.yaml:1:1: .*expected the keys expiresAtMs, rings, rules, default, found "pin"/m]],
  [
    'default:\n  delayMs: 24x\n  pause: maybe\n  zone: x\n  windows:\n    - { days: [sat], from: "9:00", to: "10:00", zone: UTC }\n    - { days: [sat], from: "09:00", to: "10:00", zone: Mars/Phobos }\n', // prettier-ignore
    [/:2:12: .*delayMs/, /:3:10: .*pause/, /"zone"/, /windows\[0\]\.from/, /:7:\d+: .*windows\[1\]\.zone.*Mars/],
  ],
  [
    'rings: [{ name: B }, { name: a, labels: { role: [] }, samplePpm: 2000000 }, { name: a }]\nrules: [{ rings: "*" }, 7]\n',
    [/rings\[0\]\.name/, /rings\[1\]\.labels\.role/, /samplePpm/, /each ring once/, /rules\[0\]\.categories/, /rules\[0\]\.settings/, /rules\[1\]: expected an object/], // prettier-ignore
  ],
]

test('everything that is wrong with a draft is said at once, each with its place', async (context) => {
  const folder = temporaryFolder(context)
  for (const [draft, said] of FAULTS) {
    writeFileSync(join(folder, 'draft.yaml'), draft)
    const ended = await runCli(['policy', 'check', join(folder, 'draft.yaml'), '--json'], folder)
    assert.equal(ended.code, 3, ended.stderr)
    for (const pattern of said) assert.match(ended.stderr, pattern)
    assert.equal(lastJson(ended)['ok'], false)
  }
})

const DAY_MS = 86_400_000
const everywhere = (settings: object) => ({ rings: '*', categories: '*', settings })
const ADVICE: readonly (readonly [what: string, source: object, said: readonly RegExp[]])[] = [
  ['nothing', {}, []],
  ['an expiry far away', { expiresAtMs: 400 * DAY_MS }, []],
  ['an expiry soon', { expiresAtMs: 20 * DAY_MS }, [/^expiresAtMs: it expires in 20 days/]],
  ['an expiry that was', { expiresAtMs: 0 }, [/^expiresAtMs: it has expired/]],
  ['a ring without a rule', { rings: [{ name: 'a' }] }, [/^rings\[0\] \(a\): no rule names it/]],
  [
    'rings that take nobody',
    {
      rings: [
        { name: 'none', labels: { x: ['1'] }, samplePpm: 0 },
        { name: 'wide', labels: { role: ['web', 'db'] } },
        { name: 'narrow', labels: { role: ['web'], site: ['lab'] } },
        { name: 'other', labels: { role: ['web', 'mail'] } },
      ],
      rules: [{ rings: ['none', 'wide', 'narrow', 'other'], categories: '*', settings: {} }],
    },
    [/^rings\[0\] \(none\): it samples no host/, /^rings\[2\] \(narrow\): no host gets that far, for ring wide/],
  ],
  [
    'rules that others have decided for',
    {
      rings: [{ name: 'a' }],
      rules: [
        { rings: ['a'], categories: ['x'], settings: {} },
        { rings: '*', categories: ['x', 'y'], settings: {} },
        { rings: ['a'], categories: ['y'], settings: {} },
        everywhere({}),
        { rings: '*', categories: ['z'], settings: {} },
      ],
    },
    [/^rules\[2\]: it never decides/, /^rules\[4\]: it never decides/],
  ],
  ['a pause that nobody watches', { default: { pause: true } }, [/^default: paused without a staleness budget/]],
  [
    'a pause that somebody watches',
    { default: { pause: true, staleness: { warnAfterMs: 1, overAfterMs: 2, whenOver: 'hold' } } },
    [],
  ],
  [
    'a pin that nobody watches',
    { rules: [everywhere({ pin: '1.0.0' })] },
    [/^rules\[0\]\.settings: pinned to 1\.0\.0/],
  ],
  ['a wait for ever', { default: { afterEvidence: { hosts: 1, ranMs: DAY_MS } } }, [/evidence that may never come/]],
  ['a consent to nothing', { default: { emergency: { delayMsMax: 5 } } }, [/shortens nothing/]],
  [
    'no moment at all',
    { default: { blackouts: [{ from: '1970-01-01', to: '1979-01-01', zone: 'UTC' }] } },
    [/^default: windows and blackouts leave no moment/],
  ],
]

test('what is allowed and probably not meant', () => {
  for (const [what, source, said] of ADVICE) {
    const advice = adviseOn(parsePolicySource(structuredClone(source) as never), 1_000)
    assert.equal(advice.length, said.length, `${what}: ${advice.join('; ')}`)
    for (const [i, pattern] of said.entries()) assert.match(advice[i] ?? '', pattern, what)
  }
})

test('durations and moments as people write them', () => {
  const rows = [['90s', 90_000], ['30m', 1_800_000], ['24 h', DAY_MS], ['2w', 14 * DAY_MS], ['1.5h', null], ['h', null], ['-1h', null]] as const // prettier-ignore
  for (const [text, ms] of rows) assert.equal(durationMs(text), ms, text)
  const moments = [['1970-01-02', DAY_MS], ['1970-01-01T01:00Z', 3_600_000], ['1970-01-01 01:00', null], ['1970-13-01', null]] as const // prettier-ignore
  for (const [text, ms] of moments) assert.equal(momentMs(text), ms, text)
})

test('explain goes by a plan that it is given, and by nothing else', async (context) => {
  const folder = temporaryFolder(context)
  const release = (version: string, digit: string) => ({ version, imageDigest: digit.repeat(64) })
  const pack: PackPlan = {
    pack: 'linux-baseline',
    category: 'behavioural',
    baseline: release('1.1.0', 'b'),
    candidate: null,
    exposure: [],
    candidateSinceMs: 0,
    baselineSinceMs: 0,
    earlier: [release('1.0.0', 'a')],
    evidence: [],
  }
  const plan = join(folder, 'plan.json')
  writeFileSync(plan, encodePlan({ generation: 3, issuedAtMs: 1, packs: [pack], recalled: ['a'.repeat(64)] }))
  const about = ['explain', join(folder, 'draft.yaml'), '--plan', plan, '--running']
  const recalled = lastJson(await policyOf(folder, [...about, '1.0.0']))
  assert.deepEqual((recalled['decision'] as { kind: string }).kind, 'revoke')
  const fresh = lastJson(await policyOf(folder, [...about, '1.1.0']))
  assert.deepEqual((fresh['decision'] as { reason: string }).reason, 'up-to-date')
  const misuses: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[...about, '1.1.0', '--pack', 'other'], /the plan names no pack other; it has linux-baseline \(behavioural\)/],
    [[...about, '1.1.0', '--category', 'indicators'], /names no pack of category indicators/],
    [['explain'], /give a policy, or the folder of an agent/],
    [[...about, '1.1.0', '--host-labels', 'web'], /labels are written like role=web/],
    [['explain', 'x', '--data', folder], /give a policy, or the folder of an agent/],
  ]
  for (const [args, said] of misuses) {
    const ended = await policyOf(folder, args)
    assert.equal(ended.code, 2, ended.stderr)
    assert.match(ended.stderr, said)
  }
  const nobody = await policyOf(folder, ['explain', '--data', folder])
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /agent\.json is not there; name the folder of an agent/)
})

test('an option that says nothing is refused, not taken as another', async (context) => {
  const folder = temporaryFolder(context)
  for (const [option, value] of [
    ['--running', 'newest'],
    ['--engine', 'v1'],
    ['--key', 'acme.pub'],
  ] as const) {
    const { code, stderr } = await policyOf(folder, ['explain', join(folder, 'draft.yaml'), option, value])
    assert.equal(code, 2, option)
    assert.match(stderr, /is invalid/)
  }
})

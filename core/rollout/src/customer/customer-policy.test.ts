import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import {
  errorCode,
  FirebreakError,
  fromBase64,
  type Json,
  jsonBytes,
  toBase64,
  utf8Decode,
  utf8Encode,
} from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  type CustomerPolicy,
  openCustomerPolicy,
  parsePolicySource,
  type PolicyTrust,
  signCustomerPolicy,
} from './customer-policy.ts'
import { customerPolicy, hostView } from './customer.fixture.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { stanceOf } from './stance.ts'

const { signer } = generateSigner()
const TUNING = Uint8Array.of(1, 2, 3)
const FIRST = customerPolicy({ tuning: TUNING })
const NOW_MS = 2_000
const FULL = customerPolicy({
  expiresAtMs: 3_000,
  stop: 'token',
  rings: [
    { name: 'labs', labels: { role: ['web', 'db'], site: ['K\u00f6ln'] }, samplePpm: 1_000_000 },
    { name: 'first', labels: {}, samplePpm: 50_000 },
  ],
  rules: [
    {
      rings: ['labs', 'first'],
      categories: '*',
      settings: {
        planRing: 'broad',
        delayMs: 86_400_000,
        afterEvidence: { hosts: 10_000, ranMs: 86_400_000, sameEngine: true, sameOs: false },
        pause: true,
        pin: '1.2.3',
        windows: [{ days: ['sat', 'sun'], from: '22:00', to: '06:00', zone: 'Europe/Berlin' }],
        blackouts: [{ from: '2026-12-24', to: '2027-01-01', zone: 'UTC' }],
        staleness: { warnAfterMs: 1, overAfterMs: 2, whenOver: 'catch-up' },
        emergency: { delayMsMax: 0, ignoreEvidence: true, ignoreWindows: false },
        spreadMs: 0,
      },
    },
    { rings: '*', categories: ['indicators'], settings: DEFAULT_SETTINGS },
  ],
  default: { ...DEFAULT_SETTINGS, delayMs: 1 },
})

/** Stands for the verifier of images: it takes exactly this tuning. */
function verifyTuning(bytes: Uint8Array): void {
  if (bytes.join() !== TUNING.join()) throw new FirebreakError('content/tuning', 'Cannot accept tuning: not this one')
}

function trust(held: CustomerPolicy | null = null): PolicyTrust {
  return { key: signer.publicKey, held, verifyTuning, nowMs: NOW_MS }
}

function codeOf(bytes: Uint8Array, held: CustomerPolicy | null): string {
  try {
    acceptCustomerPolicy(bytes, trust(held))
  } catch (error) {
    return errorCode(error)
  }
  return 'accepted'
}

/** Signs what no writer of ours would write. */
function signedText(payload: string, type = 'application/vnd.firebreak.customer-policy+json'): Uint8Array {
  const sig = signer.sign(utf8Encode(`DSSEv1 ${type.length} ${type} ${utf8Encode(payload).length} ${payload}`))
  const signatures = [{ keyid: signer.publicKey, sig: toBase64(sig) }]
  return jsonBytes({ payloadType: type, payload: toBase64(utf8Encode(payload)), signatures })
}

test('what the customer signs is what the host reads, with a tuning and without', () => {
  for (const one of [FIRST, { ...FIRST, tuning: null }, { ...FIRST, stop: 'token' as const }, FULL]) {
    assert.deepEqual(acceptCustomerPolicy(signCustomerPolicy(one, signer), trust()), one)
  }
})

test('the policy that is held stays until a newer one is right in every part', () => {
  const held = FIRST
  const next = { ...FIRST, generation: 2 }
  const other = generateSigner().signer
  const text = JSON.stringify({ customer: 'acme', generation: 2, issuedAtMs: 1, tuning: null })
  const rows: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
    ['the next', signCustomerPolicy(next, signer), 'accepted'],
    ['the next without tuning', signCustomerPolicy({ ...next, tuning: null }, signer), 'accepted'],
    ['the same again', signCustomerPolicy(held, signer), 'accepted'],
    ['expired', signCustomerPolicy({ ...next, expiresAtMs: NOW_MS }, signer), 'rollout/policy-expired'],
    ['not expired yet', signCustomerPolicy({ ...next, expiresAtMs: NOW_MS + 1 }, signer), 'accepted'],
    [
      'older, and expired',
      signCustomerPolicy({ ...held, tuning: null, expiresAtMs: 1 }, signer),
      'rollout/policy-older',
    ],
    [
      'that differs in a rule only',
      signCustomerPolicy({ ...held, rules: FULL.rules, rings: FULL.rings }, signer),
      'rollout/policy-older',
    ],
    ['another of the same generation', signCustomerPolicy({ ...held, tuning: null }, signer), 'rollout/policy-older'],
    ['of another customer', signCustomerPolicy({ ...next, customer: 'evil' }, signer), 'rollout/policy-customer'],
    ['signed by somebody else', signCustomerPolicy(next, other), 'rollout/policy-signature'],
    ['with a bad tuning', signCustomerPolicy({ ...next, tuning: Uint8Array.of(9) }, signer), 'rollout/policy-tuning'],
    [
      'with an empty tuning',
      signCustomerPolicy({ ...next, tuning: new Uint8Array(0) }, signer),
      'rollout/policy-tuning',
    ],
    ['of generation 0', signCustomerPolicy({ ...next, generation: 0 }, signer), 'kernel/malformed'],
    ['written by others', signedText(text), 'accepted'],
    ['with a rule for stops', signedText(text.replace('}', ',"stop":"token"}')), 'accepted'],
    ['with a rule for stops that is none', signedText(text.replace('}', ',"stop":"never"}')), 'kernel/malformed'],
    [
      'that differs in the rule for stops only',
      signCustomerPolicy({ ...held, stop: 'token' }, signer),
      'rollout/policy-older',
    ],
    ['of another type', signedText(text, 'application/json'), 'kernel/malformed'],
    ['with a wish that nobody knows', signedText(text.replace('{', '{"pin":"1.0.0",')), 'kernel/malformed'],
    ['without a tuning key', signedText(text.replace(',"tuning":null', '')), 'kernel/malformed'],
    ['no JSON inside', signedText('nothing'), 'kernel/malformed'],
    ['no JSON', utf8Encode('nothing'), 'kernel/malformed'],
    ['nothing', new Uint8Array(0), 'kernel/malformed'],
    ['too large', new Uint8Array(524_289).fill(0x20), 'kernel/malformed'],
  ]
  for (const [what, bytes, code] of rows) assert.equal(codeOf(bytes, held), code, what)
  assert.equal(acceptCustomerPolicy(signCustomerPolicy(held, signer), trust(held)), held)
  const older = signCustomerPolicy(held, signer)
  assert.equal(codeOf(older, next), 'rollout/policy-older')
})

test('a policy that says nothing of stops leaves them free, and one that leaves them free reads on old agents', () => {
  const text = JSON.stringify({ customer: 'acme', generation: 2, issuedAtMs: 1, tuning: null })
  assert.equal(acceptCustomerPolicy(signedText(text), trust()).stop, 'free')
  const { payload } = JSON.parse(utf8Decode(signCustomerPolicy(FIRST, signer))) as { payload: string }
  assert.doesNotMatch(utf8Decode(fromBase64(payload)), /stop/)
})

test('what holds stays when it has expired, and says so; who takes it for the first time refuses it', () => {
  const old = signCustomerPolicy({ ...FIRST, expiresAtMs: 1_500 }, signer)
  const held = openCustomerPolicy(old, signer.publicKey)
  assert.equal(acceptCustomerPolicy(old, trust(held)), held)
  assert.equal(codeOf(old, null), 'rollout/policy-expired')
  const stanceAt = (nowMs: number) => stanceOf(null, hostView({ policy: held }), nowMs)
  assert.deepEqual([stanceAt(1_499).fault, stanceAt(1_500).fault], ['', 'rollout/policy-expired'])
  assert.equal(stanceOf(null, hostView({ policy: held }), NOW_MS, 'rollout/policy-older').fault, 'rollout/policy-older')
})

test('a policy is opened without being judged, but never without its signature', () => {
  const bytes = signCustomerPolicy({ ...FULL, expiresAtMs: 1 }, signer)
  assert.deepEqual(openCustomerPolicy(bytes, signer.publicKey), { ...FULL, expiresAtMs: 1 })
  const other = generateSigner().signer.publicKey
  assert.throws(() => openCustomerPolicy(bytes, other), { code: 'rollout/policy-signature' })
})

test('a policy that wants nothing new is written as it was before there was anything new', () => {
  const { payload } = JSON.parse(utf8Decode(signCustomerPolicy(FIRST, signer))) as { payload: string }
  assert.equal(utf8Decode(fromBase64(payload)), '{"customer":"acme","generation":1,"issuedAtMs":1000,"tuning":"AQID"}')
})

test('what people write by hand is read the same way, and nothing written wants nothing', () => {
  const { expiresAtMs, rings, rules, default: fallback } = FULL
  assert.deepEqual(parsePolicySource({}), { expiresAtMs: null, rings: [], rules: [], default: DEFAULT_SETTINGS })
  const written = JSON.parse(JSON.stringify({ expiresAtMs, rings, rules, default: fallback })) as Json
  assert.deepEqual(parsePolicySource(written), { expiresAtMs, rings, rules, default: fallback })
  assert.throws(() => parsePolicySource({ generation: 1 }), { code: 'kernel/malformed' })
})

/** Each is one change of a good source; what it is refused for names the place. */
const night = { days: ['mon'], from: '22:00', to: '06:00', zone: 'UTC' }
const ruleOf = (settings: Json): Json => ({ rules: [{ rings: '*', categories: '*', settings }] })
const refused: readonly (readonly [what: string, source: Json, where: string])[] = [
  ['a wish that nobody knows', { pin: '1.0.0' }, 'policy: expected the keys'],
  ['a wish that nobody knows, in the default', { default: { pins: '1.0.0' } }, 'policy.default: expected the keys'],
  [
    'a wish that nobody knows, in a rule',
    { rules: [{ rings: '*', categories: '*', settings: {}, note: '' }] },
    'policy.rules[0]: ',
  ],
  ['a wish that nobody knows, in a ring', { rings: [{ name: 'a', host: 'h' }] }, 'policy.rings[0]: '],
  [
    'a wish that nobody knows, in a delay',
    ruleOf({ afterEvidence: { hosts: 1, ranMs: 3_600_000, sameKernel: true } }),
    'policy.rules[0].settings.afterEvidence: ',
  ],
  [
    'a wish that nobody knows, in a budget',
    ruleOf({ staleness: { warnAfterMs: 1, overAfterMs: 1, whenOver: 'hold', mail: 'x' } }),
    '.settings.staleness: ',
  ],
  [
    'a wish that nobody knows, in a consent',
    ruleOf({ emergency: { delayMsMax: 1, skipCanary: true } }),
    '.settings.emergency: ',
  ],
  ['a ring twice', { rings: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }, 'policy.rings: expected each ring once'],
  ['a ring with a name that is none', { rings: [{ name: 'A b' }] }, 'policy.rings[0].name: '],
  [
    'too many rings',
    { rings: Array.from({ length: 65 }, (_, i) => ({ name: `r${i}` })) },
    'policy.rings: expected at most 64',
  ],
  [
    'too many rules',
    { rules: Array.from({ length: 257 }, () => ({ rings: '*', categories: '*', settings: {} })) },
    'policy.rules: expected at most 256',
  ],
  ['too many windows', ruleOf({ windows: Array.from({ length: 33 }, () => night) }), '.windows: expected at most 32'],
  [
    'too many blackouts',
    ruleOf({ blackouts: Array.from({ length: 65 }, () => ({ from: '2026-01-01', to: '2026-01-01', zone: 'UTC' })) }),
    '.blackouts: expected at most 64',
  ],
  [
    'too many labels',
    { rings: [{ name: 'a', labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ['x']])) }] },
    '.labels: expected at most 32',
  ],
  [
    'too many values of a label',
    { rings: [{ name: 'a', labels: { l: Array.from({ length: 65 }, () => 'x') } }] },
    '.labels.l: expected at most 64',
  ],
  [
    'a label without values',
    { rings: [{ name: 'a', labels: { role: [] } }] },
    '.labels.role: expected at least one value',
  ],
  [
    'a label with one value that is no list',
    { rings: [{ name: 'a', labels: { role: 'web' } }] },
    '.labels.role: expected a list',
  ],
  ['an empty value', { rings: [{ name: 'a', labels: { role: [''] } }] }, '.labels.role[0]: '],
  ['a value with a line break', { rings: [{ name: 'a', labels: { role: ['a\nb'] } }] }, '.labels.role[0]: '],
  [
    'a label key that is none',
    { rings: [{ name: 'a', labels: { 'Role!': ['web'] } }] },
    '.labels: expected label keys',
  ],
  ['a share above all', { rings: [{ name: 'a', samplePpm: 1_000_001 }] }, '.samplePpm: '],
  [
    'a rule for a ring that is not there',
    { rules: [{ rings: ['a'], categories: '*', settings: {} }] },
    'policy.rules[0].rings: expected rings of this policy',
  ],
  [
    'a rule for no ring',
    { rules: [{ rings: [], categories: '*', settings: {} }] },
    'policy.rules[0].rings: expected * or',
  ],
  ['a rule for no category', { rules: [{ rings: '*', categories: [], settings: {} }] }, 'policy.rules[0].categories: '],
  ['a rule without settings', { rules: [{ rings: '*', categories: '*' }] }, 'policy.rules[0].settings: '],
  ['a delay below nothing', ruleOf({ delayMs: -1 }), '.settings.delayMs: '],
  ['a delay that is a text', ruleOf({ delayMs: '24h' }), '.settings.delayMs: '],
  ['a delay of over ten years', ruleOf({ delayMs: 315_360_000_001 }), '.settings.delayMs: '],
  ['evidence of nobody', ruleOf({ afterEvidence: { hosts: 0, ranMs: 3_600_000 } }), '.afterEvidence.hosts: '],
  [
    'evidence of a time that no plan states',
    ruleOf({ afterEvidence: { hosts: 1, ranMs: 7_200_000 } }),
    '.afterEvidence.ranMs: expected 3600000 | 86400000',
  ],
  ['a pause that is a text', ruleOf({ pause: 'yes' }), '.settings.pause: '],
  ['a pin that is no version', ruleOf({ pin: 'latest' }), '.settings.pin: '],
  [
    'a zone that nobody knows',
    ruleOf({ windows: [{ ...night, zone: 'Mars/Olympus' }] }),
    'policy.rules[0].settings.windows[0].zone: expected a time zone',
  ],
  [
    'a date that does not exist',
    { default: { blackouts: [{ from: '2026-02-30', to: '2026-03-01', zone: 'UTC' }] } },
    'policy.default.blackouts[0].from: expected a date',
  ],
  [
    'a warning after the end',
    ruleOf({ staleness: { warnAfterMs: 2, overAfterMs: 1, whenOver: 'hold' } }),
    '.settings.staleness: ',
  ],
  ['a budget without a choice', ruleOf({ staleness: { warnAfterMs: 1, overAfterMs: 1 } }), '.staleness.whenOver: '],
  ['a spread of over 30 days', ruleOf({ spreadMs: 2_592_000_001 }), '.settings.spreadMs: '],
  ['an expiry that is a text', { expiresAtMs: 'soon' }, 'policy.expiresAtMs: '],
]
for (const [what, source, where] of refused) {
  test(`refuses ${what}, and says where`, () => {
    const isTold = (error: Error & { code?: string }) => {
      assert.equal(error.code, 'kernel/malformed')
      assert.ok(error.message.includes(where), error.message)
      return true
    }
    assert.throws(() => parsePolicySource(source), isTold)
    const text = JSON.stringify({ customer: 'acme', generation: 2, issuedAtMs: 1, tuning: null, ...(source as object) })
    assert.equal(codeOf(signedText(text), FIRST), 'kernel/malformed')
  })
}

test('a policy that was changed behind its signature is refused', () => {
  const file = JSON.parse(utf8Decode(signCustomerPolicy(FIRST, signer))) as {
    payload: string
    signatures: { sig: string }[]
  }
  const payload = fromBase64(file.payload)
  for (let at = 0; at < payload.length; at++) {
    const changed = payload.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    const bytes = jsonBytes({ ...file, payload: toBase64(changed) })
    assert.equal(codeOf(bytes, null), 'rollout/policy-signature', `byte ${at}`)
  }
  assert.equal(codeOf(jsonBytes({ ...file, signatures: [] }), null), 'rollout/policy-signature')
})

test('a bug in the verifier of tunings is not taken for a bad tuning', () => {
  const broken = () => {
    throw new TypeError('a bug')
  }
  const bytes = signCustomerPolicy(FIRST, signer)
  assert.throws(() => acceptCustomerPolicy(bytes, { ...trust(), verifyTuning: broken }), TypeError)
})

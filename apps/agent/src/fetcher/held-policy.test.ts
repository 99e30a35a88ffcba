import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { errorCode, toBase64 } from '@firebreak/kernel'
import { signCustomerPolicy } from '@firebreak/rollout'
import type { PolicyFiles } from '../messages.ts'
import { policyOf } from '../testing/policies.ts'
import { emptyFolder } from '../testing/sound-folder.ts'
import { HeldPolicy, POLICY_COPY } from './held-policy.ts'

const { signer } = generateSigner()
const other = generateSigner().signer
const NOW_MS = 10_000

function files(generation: number, by = signer, over: Partial<PolicyFiles> = {}): PolicyFiles {
  const policy = toBase64(signCustomerPolicy(policyOf({ generation }), by))
  return { key: signer.publicKey, policy, refused: '', ...over }
}

function onDamaged(error: unknown): never {
  throw error
}

/** After these looks, one after the other: which generation holds, and why not the last. */
const LOOKS: readonly (readonly [what: string, looks: readonly PolicyFiles[], holds: number | null, fault: string])[] =
  [
    ['nothing', [{ key: null, policy: null, refused: '' }], null, ''],
    ['the first', [files(3)], 3, ''],
    ['a newer one', [files(3), files(4)], 4, ''],
    ['an older one', [files(3), files(2)], 3, 'rollout/policy-older'],
    ['one by somebody else', [files(3), files(4, other)], 3, 'rollout/policy-signature'],
    ['no base64', [files(3), files(4, signer, { policy: '!' })], 3, 'kernel/malformed'],
    ['a first one that is broken', [files(3, other)], null, 'rollout/policy-signature'],
    ['a key that is none', [files(3), files(3, signer, { key: 'x' })], 3, 'rollout/policy-signature'],
    ['a file that is gone, and its key is there', [files(3), files(3, signer, { policy: null })], 3, 'agent/policy-missing'], // prettier-ignore
    ['a first one without its key', [files(3, signer, { key: null })], null, 'agent/policy-missing'],
    ['a key without its first one', [files(3, signer, { policy: null })], null, 'agent/policy-missing'],
    ['a first one that is not to be read', [{ key: null, policy: null, refused: 'agent/policy-unreadable' }], null, 'agent/policy-unreadable'], // prettier-ignore
    ['a first one that was refused on the host', [{ key: null, policy: null, refused: 'rollout/policy-tuning' }], null, 'rollout/policy-tuning'], // prettier-ignore
    ['both gone', [files(3), { key: null, policy: null, refused: '' }], null, ''],
    ['both gone and back', [files(3), { key: null, policy: null, refused: '' }, files(2)], 2, ''],
    ['both not to be read', [files(3), { key: null, policy: null, refused: 'agent/policy-unreadable' }], 3, 'agent/policy-unreadable'], // prettier-ignore
    ['one that was refused on the host', [files(3, signer, { refused: 'rollout/policy-tuning' })], 3, 'rollout/policy-tuning'], // prettier-ignore
    ['a key that is another on purpose', [files(3), files(1, other, { key: other.publicKey })], 1, ''],
    ['another key with nothing of its own', [files(3), files(4, signer, { key: other.publicKey })], 3, 'rollout/policy-signature'], // prettier-ignore
    ['good again', [files(3), files(2), files(5)], 5, ''],
  ]

for (const [what, looks, holds, fault] of LOOKS) {
  test(`a policy and what follows it: ${what}; now, and after a restart`, async (context) => {
    const folder = emptyFolder(context)
    const held = await HeldPolicy.open(folder, onDamaged)
    assert.equal(held.isKnown, false, 'nothing is installed before it is known what the owner wants')
    for (const one of looks) await held.look(one, NOW_MS)
    assert.deepEqual([held.policy?.generation ?? null, held.fault], [holds, fault])
    const isNobody = looks.at(-1)?.key === null && looks.at(-1)?.policy === null && fault !== 'agent/policy-unreadable'
    assert.equal(held.isKnown, holds !== null || isNobody, 'nobody guesses a wish that could not be read')
    const again = await HeldPolicy.open(folder, onDamaged)
    assert.deepEqual([again.policy?.generation ?? null, again.isKnown], [holds, false])
    for (const one of looks.slice(-1)) await again.look(one, NOW_MS)
    assert.equal(again.policy?.generation ?? null, holds)
  })
}

test('an expired policy replaces nothing; where nothing holds it is better than nothing', async (context) => {
  const expired = (generation: number) =>
    toBase64(signCustomerPolicy(policyOf({ generation, expiresAtMs: NOW_MS }), signer))
  const held = await HeldPolicy.open(emptyFolder(context), onDamaged)
  await held.look(files(3), NOW_MS)
  await held.look(files(4, signer, { policy: expired(4) }), NOW_MS)
  assert.deepEqual([held.policy?.generation, held.fault], [3, 'rollout/policy-expired'])
  const fresh = await HeldPolicy.open(emptyFolder(context), onDamaged)
  await fresh.look(files(4, signer, { policy: expired(4) }), NOW_MS)
  assert.deepEqual([fresh.policy?.generation, fresh.fault], [4, ''])
})

test('a copy that somebody changed is said and not believed; what lies there is taken again', async (context) => {
  const folder = emptyFolder(context)
  await (await HeldPolicy.open(folder, onDamaged)).look(files(3), NOW_MS)
  const path = join(folder, POLICY_COPY)
  const text = readFileSync(path, 'utf8')
  const { policy } = files(9, other)
  for (const damaged of ['', '{', text.slice(0, 100), JSON.stringify({ key: signer.publicKey, policy })]) {
    writeFileSync(path, damaged)
    const said: string[] = []
    const held = await HeldPolicy.open(folder, (error) => void said.push(errorCode(error)))
    assert.deepEqual([held.policy, said.length], [null, 1], damaged.slice(0, 20))
    await held.look(files(3), NOW_MS)
    assert.equal(held.policy?.generation, 3)
    assert.equal((await HeldPolicy.open(folder, onDamaged)).policy?.generation, 3, 'and kept again')
  }
})

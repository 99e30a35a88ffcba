import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { errorCode } from '@firebreak/kernel'
import { signCustomerPolicy } from '@firebreak/rollout'
import { applyPolicy } from './apply-policy.ts'
import { type AgentPaths, agentPaths } from './config.ts'
import type { Reason } from './supervisor/engine-replies.ts'
import type { Tuning } from './supervisor/engine-seat.ts'
import { TuningFile } from './supervisor/tuning-file.ts'
import { Host } from './testing/host.ts'
import { imageOf, tuningWithout } from './testing/images.ts'
import { policyOf } from './testing/policies.ts'
import { Vendor } from './testing/vendor.ts'

const { signer } = generateSigner()
const KEY = signer.publicKey

function host(context: TestContext): AgentPaths & { readonly data: string } {
  const data = mkdtempSync(join(tmpdir(), 'firebreak-policy-'))
  context.after(() => rmSync(data, { recursive: true, force: true }))
  return { ...agentPaths(data), data }
}

function signed(generation: number, tuning: Uint8Array | null, by = signer): Uint8Array {
  return signCustomerPolicy(policyOf({ generation, tuning }), by)
}

/** All that the host holds of policies, as text; not what it says of those that it refused. */
function heldBy({ data }: { readonly data: string }): string {
  return readdirSync(data)
    .filter((file) => file !== 'policy-refused.json')
    .map((file) => `${file} ${readFileSync(join(data, file), 'base64')}`)
    .toSorted()
    .join('\n')
}

/** For the beacon: with which code the last one was refused. */
function refusedBy({ policyRefused }: AgentPaths): string | null {
  return existsSync(policyRefused)
    ? (JSON.parse(readFileSync(policyRefused, 'utf8')) as { readonly code: string }).code
    : null
}

test('a policy is taken whole: its tuning is a file that the supervisor finds', async (context) => {
  const paths = host(context)
  const tuning = tuningWithout('7')
  const told: (Tuning | null)[] = []
  const faults: Reason[] = []
  const file = new TuningFile(paths.tuning, { onTuning: (one) => told.push(one), onFault: (one) => faults.push(one) })
  await file.look()
  assert.equal(told.length, 0)
  await applyPolicy(paths, signed(1, tuning.bytes), KEY)
  await file.look()
  await file.look()
  assert.deepEqual(
    told.map((one) => one?.digest),
    [tuning.digest],
  )
  await applyPolicy(paths, signed(2, null), null)
  await file.look()
  assert.deepEqual([told.length, told.at(-1)], [2, null])
  writeFileSync(paths.tuning, new Uint8Array(256 * 1024 + 1))
  await file.look()
  await file.look()
  assert.deepEqual([told.length, faults.length], [2, 1])
})

test('what is refused changes nothing on the host', async (context) => {
  const paths = host(context)
  const { bytes } = tuningWithout('7')
  await assert.rejects(applyPolicy(paths, signed(1, bytes), null), (error) => errorCode(error) === 'agent/usage')
  assert.equal(heldBy(paths), '')
  await applyPolicy(paths, signed(2, bytes), KEY)
  const before = heldBy(paths)
  const other = generateSigner().signer
  const rows: readonly (readonly [what: string, bytes: Uint8Array, key: string | null, code: string])[] = [
    ['a tuning that is a pack', signed(3, imageOf('1.0.0').bytes), null, 'rollout/policy-tuning'],
    ['a tuning that is cut off', signed(3, bytes.subarray(0, 100)), null, 'rollout/policy-tuning'],
    ['an older one', signed(1, null), null, 'rollout/policy-older'],
    ['another of this generation', signed(2, null), null, 'rollout/policy-older'],
    [
      'of another customer',
      signCustomerPolicy(policyOf({ generation: 3, customer: 'evil' }), signer),
      null,
      'rollout/policy-customer',
    ],
    ['signed by somebody else', signed(3, null, other), null, 'rollout/policy-signature'],
    ['with the key of somebody else', signed(3, null, other), other.publicKey, 'agent/usage'],
    ['no policy', Uint8Array.of(1), null, 'kernel/malformed'],
  ]
  for (const [what, next, key, code] of rows) {
    await assert.rejects(applyPolicy(paths, next, key), (error) => errorCode(error) === code, what)
    assert.equal(heldBy(paths), before, what)
    if (code !== 'agent/usage') assert.equal(refusedBy(paths), code, what)
  }
  await applyPolicy(paths, signed(2, bytes), KEY) // the same again is no harm
  assert.equal(heldBy(paths), before)
  assert.equal(refusedBy(paths), null)
})

test('a held policy that somebody changed is not built upon', async (context) => {
  const paths = host(context)
  await applyPolicy(paths, signed(5, null), KEY)
  writeFileSync(paths.policy, signed(9, null, generateSigner().signer))
  await assert.rejects(applyPolicy(paths, signed(6, null), null), (error) => errorCode(error) === 'agent/usage')
})

test('an agent that runs gives a new tuning to its engines, and starts with it again', async (context) => {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  const image = imageOf('1.0.0')
  vendor.approve(image)
  vendor.plan(image)
  const running = new Host(context, vendor)
  running.start()
  await running.heard('slots', 'trial-passed')
  const before = running.children('hostile-engine.ts')
  const { bytes, digest } = tuningWithout('7')
  await applyPolicy(running.paths, signed(1, bytes), KEY)
  await running.heard('tuning', digest)
  await vendor.until(() => {
    const now = running.children('hostile-engine.ts')
    return now.length === 2 && !now.some((pid) => before.includes(pid))
  })
  await running.kill()
  running.start()
  await running.heard('tuning', digest)
})

import assert from 'node:assert/strict'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Beacon } from '@firebreak/api'
import { generateSigner, sha256Hex } from '@firebreak/crypto'
import { toBase64, utf8Encode } from '@firebreak/kernel'
import { signCustomerPolicy, signStopToken } from '@firebreak/rollout'
import { imageOf } from '../testing/images.ts'
import { STOPPED_EXIT_CODE } from '../run.ts'
import { childrenOf, Host, type HostOptions } from '../testing/host.ts'
import { Vendor } from '../testing/vendor.ts'
import { policyOf } from '../testing/policies.ts'

const customer = generateSigner().signer
const SOMEBODY = 12_345
/** An agent that does not start would be waited for for ever. */
const LIMIT = { timeout: 120_000 }

async function started(context: TestContext, options: HostOptions = {}, prepare: (host: Host) => void = () => {}) {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  const host = new Host(context, vendor, {}, options)
  prepare(host)
  host.start()
  await host.heard('enrolled')
  await vendor.until(() => vendor.beacons.length > 0)
  return { vendor, host }
}

const last = (vendor: Vendor): Beacon | undefined => vendor.beacons.at(-1)
const isNoted = (vendor: Vendor, code: string, words: string) => () =>
  last(vendor)?.notices.some((one) => one.code === code && one.message.includes(words)) === true

function takePolicy(host: Host, stop: 'free' | 'token'): void {
  const policy = policyOf({ stop })
  writeFileSync(host.paths.policy, signCustomerPolicy(policy, customer))
  writeFileSync(host.paths.customerKey, customer.publicKey)
}

/** Laid there whole, as `firebreak agent stop` does. */
function ask(host: Host, token: Uint8Array | null): void {
  const request = { id: 'a'.repeat(32), reason: 'by hand', token: token && toBase64(token) }
  writeFileSync(`${host.paths.stopRequest}.new`, JSON.stringify(request))
  renameSync(`${host.paths.stopRequest}.new`, host.paths.stopRequest)
}

test('an agent that is stopped says so in its last beacon, and remembers it', LIMIT, async (context) => {
  const { vendor, host } = await started(context)
  assert.equal(last(vendor)?.ending, null)
  assert.equal(await host.kill('SIGTERM'), 0)
  assert.equal(last(vendor)?.ending, 'signal SIGTERM')
  const before = vendor.beacons.length
  host.start()
  await vendor.until(() => vendor.beacons.length > before)
  assert.equal(last(vendor)?.ending, null)
  await vendor.until(isNoted(vendor, 'agent/stopped', 'signal SIGTERM'))
  ask(host, null)
  assert.equal(await host.ended(), STOPPED_EXIT_CODE)
  assert.equal(last(vendor)?.ending, 'firebreak agent stop: by hand')
})

test('where the policy asks for a token, SIGTERM is refused and told; a token ends it once', LIMIT, async (context) => {
  const { vendor, host } = await started(context, {}, (one) => takePolicy(one, 'token'))
  process.kill(host.pid, 'SIGTERM')
  await vendor.until(isNoted(vendor, 'tamper/stop-refused', 'SIGTERM'))
  ask(host, null)
  await vendor.until(isNoted(vendor, 'tamper/stop-refused', 'asks for a stop token'))
  const { host: id } = JSON.parse(readFileSync(join(host.paths.fetcher, 'identity.json'), 'utf8')) as { host: string }
  const words = { kind: 'stop-token', host: id, reason: 'kernel update', nonce: 'b'.repeat(32) } as const
  const token = signStopToken({ ...words, notAfterMs: Date.now() + 600_000 }, customer)
  ask(host, token)
  assert.equal(await host.ended(), STOPPED_EXIT_CODE)
  assert.equal(last(vendor)?.ending, 'stop token: kernel update')
  host.start()
  await host.heard('enrolled')
  ask(host, token)
  await vendor.until(isNoted(vendor, 'tamper/stop-refused', 'it was used before'))
})

test(
  'a file that the agent runs is changed: the next beacon says which, and protection goes on',
  LIMIT,
  async (context) => {
    const { vendor, host } = await started(context, {}, ({ folder, paths }) => {
      writeFileSync(join(folder, 'code.ts'), 'one')
      const files = [{ path: join(folder, 'code.ts'), sha256: sha256Hex(utf8Encode('one')) }]
      writeFileSync(paths.manifest, JSON.stringify({ files }))
    })
    assert.deepEqual(last(vendor)?.notices, [])
    writeFileSync(join(host.folder, 'code.ts'), 'two')
    await vendor.until(isNoted(vendor, 'tamper/code-changed', join(host.folder, 'code.ts')))
    const { length } = vendor.beacons
    await vendor.until(() => vendor.beacons.length > length)
    assert.equal(await host.kill('SIGTERM'), 0)
  },
)

test(
  'NODE_OPTIONS at the start is told, and no child inherits it; SIGUSR1 opens no debugger',
  LIMIT,
  async (context) => {
    const { vendor, host } = await started(context, { env: { NODE_OPTIONS: '--no-deprecation', NODE_PATH: '/x' } })
    await vendor.until(isNoted(vendor, 'tamper/environment', 'NODE_OPTIONS, NODE_PATH'))
    const children = childrenOf(host.pid)
    assert.ok(children.length > 0)
    for (const pid of children)
      assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /NODE_OPTIONS|NODE_PATH/)
    process.kill(host.pid, 'SIGUSR1')
    const { length } = vendor.beacons
    await vendor.until(() => vendor.beacons.length > length)
    assert.doesNotMatch(host.errors.join('\n'), /Debugger/)
  },
)

const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, 'latin1')

/** The kernel gives /proc/PID/environ of a process that is not dumpable to root, of others to their user and group. */
test("root's supervisor, sensor and engines are not dumpable", LIMIT, async (context) => {
  if (process.geteuid?.() !== 0) return context.skip('not root: a process of an ordinary user stays dumpable')
  if (readFileSync('/proc/sys/fs/suid_dumpable', 'latin1').trim() === '1') return context.skip('fs.suid_dumpable is 1')
  const { host, vendor } = await started(context, { gid: SOMEBODY })
  vendor.approve(imageOf('1.0.0'))
  vendor.plan(imageOf('1.0.0'))
  await host.heard('slots', 'trial-passed')
  await host.heard('sensor')
  const ownerOf = (pid: number) => {
    const { uid, gid } = statSync(`/proc/${pid}/environ`)
    return `${uid}:${gid}`
  }
  // A standby may be on its way: it has no content before it has become nobody.
  const engines = host.children('hostile-engine.ts').filter((pid) => /^Uid:\t65534\t/m.test(statusOf(pid)))
  const inside = [...host.children('sensor/main.ts'), ...engines]
  assert.ok(inside.length >= 2, `${inside.length} processes`)
  for (const pid of [host.pid, ...inside]) assert.equal(ownerOf(pid), '0:0')
  assert.equal(statSync(`/proc/${process.pid}/environ`).gid, process.getegid?.(), 'the test itself is dumpable')
  assert.match(statusOf(host.pid), new RegExp(`^Gid:\\t${SOMEBODY}\\t${SOMEBODY}\\t`, 'm'))
})

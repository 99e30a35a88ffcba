import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Beacon } from '@firebreak/api'
import { beaconOf } from '@firebreak/api/testing'
import { generateSigner } from '@firebreak/crypto'
import { type ContentSettings, DEFAULT_SETTINGS, signCustomerPolicy } from '@firebreak/rollout'
import { applyPolicy } from './apply-policy.ts'
import { Participation } from './fetcher/participation.ts'
import type { HostReport } from './messages.ts'
import type { AgentStatus } from './supervisor/host-report.ts'
import { Host } from './testing/host.ts'
import { imageOf, PACK, type TestImage } from './testing/images.ts'
import { policyOf } from './testing/policies.ts'
import { emptyFolder } from './testing/sound-folder.ts'
import { Vendor } from './testing/vendor.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const { signer } = generateSigner()
const [first, second] = [imageOf('1.0.0'), imageOf('1.1.0')]

/** A host with `first` confirmed, whose vendor has also approved `second`. */
async function confirmed(context: TestContext): Promise<{ vendor: Vendor; host: Host }> {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  vendor.approve(first)
  vendor.approve(second)
  vendor.plan(first)
  const host = new Host(context, vendor, { labels: { role: 'web' } })
  host.start()
  await host.heard('slots', 'trial-passed')
  return { vendor, host }
}

/** What every host of the customer's is to do with behavioural content. */
function policy(generation: number, settings: Partial<ContentSettings>): Uint8Array {
  const rings = [{ name: 'front', labels: { role: ['web'] }, samplePpm: 1_000_000 }]
  const rules = [{ rings: ['front'], categories: ['behavioural'], settings: { ...DEFAULT_SETTINGS, ...settings } }]
  return signCustomerPolicy(policyOf({ generation, rings, rules }), signer)
}

function beaconThat(vendor: Vendor, isIt: (beacon: Beacon) => boolean): Promise<void> {
  return vendor.until(() => vendor.beacons.some(isIt))
}

const runs = (vendor: Vendor, { slot }: TestImage, which = 'confirmed') =>
  beaconThat(vendor, ({ running }) => running?.version === slot.version && running.slot === which)

/** Enough polls of the plan, after now, that whoever was going to install it has begun. */
async function polls(vendor: Vendor, count = 6): Promise<void> {
  const plans = () => vendor.asked.filter((path) => path.endsWith('timestamp.json')).length
  const before = plans()
  await vendor.until(() => plans() >= before + count)
}

const REPORT: HostReport = {
  slots: { candidate: null, confirmed: null, lastKnownGood: null, rejected: [], starter: null, safe: null },
  beacon: beaconOf({ bootId: 'one' }),
  starts: 1,
  beacons: 0,
  engine: null,
}
const imagesAsked = (vendor: Vendor) => vendor.asked.filter((path) => path.endsWith('image.fbi')).length
const statusOf = (host: Host) => JSON.parse(readFileSync(host.paths.status, 'utf8')) as AgentStatus

test('a pause holds a host, whatever the plan says; a recall passes it; when it ends the release is taken', async (context) => {
  const { vendor, host } = await confirmed(context)
  await applyPolicy(host.paths, policy(1, { pause: true }), signer.publicKey)
  await beaconThat(vendor, ({ customer }) => customer.name === 'acme' && customer.takes === 'never')
  vendor.plan(second)
  await polls(vendor)
  assert.equal(imagesAsked(vendor), 1, 'not even fetched')
  await vendor.until(() => statusOf(host).standing?.keeps?.reason === 'paused')
  const { standing } = statusOf(host)
  assert.deepEqual(standing?.keeps, { reason: 'paused', untilMs: null, rule: 'rule 1 of acme 1, ring front' })
  assert.equal(standing.customerRing, 'front')
  const told = JSON.parse(
    execFileSync(process.execPath, [MAIN, 'explain', host.folder, '--json'], { encoding: 'utf8' }),
  )
  assert.deepEqual([told.host, told.ring, told.rule, told.decision.reason], ['h-1', 'front', 1, 'paused'])

  vendor.plan(second, [first])
  await host.heard('slots', 'recalled')
  assert.equal(host.slots.confirmed, null)
  await polls(vendor)
  assert.equal(imagesAsked(vendor), 1, 'a pause holds also after a recall')

  await applyPolicy(host.paths, policy(2, { pause: false }), null)
  await runs(vendor, second)
})

test('a policy that is broken, of somebody else, or older replaces nothing, over restarts too, and beacons say so', async (context) => {
  const { vendor, host } = await confirmed(context)
  const good = policy(5, { pause: true })
  await applyPolicy(host.paths, good, signer.publicKey)
  const holds = (fault: string) => (beacon: Beacon) =>
    beacon.customer.generation === 5 && beacon.customer.takes === 'never' && beacon.customer.fault === fault
  await beaconThat(vendor, holds(''))
  const rows: readonly (readonly [bytes: Uint8Array | string, fault: string])[] = [
    ['broken', 'kernel/malformed'],
    [signCustomerPolicy(policyOf({ generation: 6 }), generateSigner().signer), 'rollout/policy-signature'],
    [policy(4, {}), 'rollout/policy-older'],
    [signCustomerPolicy(policyOf({ generation: 7, expiresAtMs: 1 }), signer), 'rollout/policy-expired'],
    [signCustomerPolicy(policyOf({ generation: 8, customer: 'other' }), signer), 'rollout/policy-customer'],
  ]
  for (const [bytes, fault] of rows) {
    writeFileSync(host.paths.policy, bytes)
    await beaconThat(vendor, holds(fault))
  }
  vendor.plan(second)
  await host.kill()
  writeFileSync(join(host.paths.policy), 'broken again')
  vendor.beacons.length = 0
  host.start()
  await beaconThat(vendor, holds('kernel/malformed'))
  await polls(vendor)
  assert.equal(imagesAsked(vendor), 1)
  writeFileSync(host.paths.policy, good)
  await beaconThat(vendor, holds(''))
  await assert.rejects(applyPolicy(host.paths, policy(3, {}), null)) // says so itself, and on the host
  await beaconThat(vendor, holds('rollout/policy-older'))
  await applyPolicy(host.paths, policy(9, {}), null)
  await runs(vendor, second)
})

test('a host says that it takes part before it installs, and both arms go on saying it', async (context) => {
  const { vendor, host } = await confirmed(context)
  vendor.beacons.length = 0
  vendor.roll(second, first, 1)
  await runs(vendor, second)
  const mine = vendor.beacons.findIndex(({ enrolment }) => enrolment?.imageDigest === second.digest)
  const installed = vendor.beacons.findIndex(({ running }) => running?.imageDigest === second.digest)
  assert.ok(mine >= 0 && installed > mine, `${mine} ${installed}`)
  const { enrolment, running, pack, platform } = vendor.beacons[mine] ?? {}
  assert.deepEqual([enrolment?.wave, running?.imageDigest, pack], [1, first.digest, PACK])
  assert.match(platform?.os ?? '', /^linux \d+\.\d+$/)
  assert.ok(vendor.beacons.slice(installed).every((beacon) => beacon.enrolment?.wave === 1))
  const since = vendor.beacons.flatMap((beacon) => beacon.enrolment?.sinceMs ?? [])
  assert.deepEqual(
    since,
    since.toSorted((a, b) => a - b),
  )
  assert.equal(statusOf(host).standing?.enrolment?.isAcknowledged, true)

  const third = imageOf('1.2.0')
  vendor.approve(third)
  vendor.roll(third, first, 2, 'control')
  await beaconThat(vendor, (beacon) => beacon.enrolment?.imageDigest === third.digest)
  await host.kill()
  vendor.beacons.length = 0
  host.start()
  await beaconThat(vendor, (beacon) => beacon.enrolment?.wave === 2)
  assert.equal(vendor.beacons[0]?.enrolment?.imageDigest, third.digest, 'in the first beacon after a restart')
  await polls(vendor)
  assert.equal(host.slots.confirmed?.version, '1.1.0', 'the control installs nothing')
})

test('on probation a host states when its next beacon comes, and then its usual interval again', async (context) => {
  const folder = emptyFolder(context)
  const onDamaged = (error: unknown): never => {
    throw error
  }
  const participation = await Participation.open(folder, onDamaged)
  const stated = () => participation.health(30_000).beaconIntervalMs
  assert.deepEqual([stated(), participation.isOnProbation], [30_000, false])
  const report = { ...REPORT, starts: 1 }
  participation.see(report)
  await participation.enrol({ imageDigest: second.digest, wave: 1, arm: 'exposed' }, report)
  assert.deepEqual([stated(), participation.isOnProbation], [15_000, true])
  await participation.acknowledged({ ...enrolmentOf(participation), wave: 2 })
  assert.equal(participation.part?.isAcknowledged, false, 'of another wave')
  await participation.acknowledged(participation.health(30_000).enrolment)
  participation.see({ ...report, beacon: { ...report.beacon, engineRestarts: 2 } })
  await participation.keep()
  const again = await Participation.open(folder, onDamaged)
  assert.deepEqual([again.part?.isAcknowledged, again.part?.engineRestarts], [true, 2])
})

test('before the server has heard of it a host is not at risk: nothing counts, and no time passes', async (context) => {
  const participation = await Participation.open(emptyFolder(context), (error) => assert.fail(String(error)))
  const wave = { imageDigest: second.digest, wave: 1, arm: 'exposed' } as const
  await participation.enrol(wave, REPORT)
  const later = { ...REPORT, beacon: { ...REPORT.beacon, engineRestarts: 2, detections: 3, bootId: 'two' } }
  participation.see(later)
  const said = enrolmentOf(participation)
  assert.deepEqual([participation.isEnrolling, said.sinceMs, said.reboots, said.engineRestarts], [true, 0, 0, 0])
  await participation.acknowledged(said)
  participation.see({ ...later, beacon: { ...later.beacon, engineRestarts: 3 } })
  const { reboots, engineRestarts, detections } = enrolmentOf(participation)
  assert.deepEqual([participation.isEnrolling, reboots, engineRestarts, detections], [false, 0, 1, 0])
})

function enrolmentOf(participation: Participation): NonNullable<Beacon['enrolment']> {
  const { enrolment } = participation.health(1)
  assert.ok(enrolment)
  return enrolment
}

test('without an acknowledgement nothing is installed for a wave; recalls and baselines do not wait for one', async (context) => {
  const { vendor, host } = await confirmed(context)
  vendor.lie = (path, response) => {
    if (path !== '/v1/beacons') return false
    response.writeHead(503).end('{}')
    return true
  }
  vendor.roll(second, first, 1)
  await polls(vendor, 10)
  assert.equal(imagesAsked(vendor), 1)
  await vendor.until(() => statusOf(host).standing?.keeps?.reason === 'enrolling')
  assert.equal(statusOf(host).standing?.enrolment?.isAcknowledged, false)
  vendor.plan(first, [], undefined, { image: second, exposure: [{ ring: 'canary', ppm: 1_000_000, arms: null }] })
  await polls(vendor, 10)
  assert.equal(imagesAsked(vendor), 1, 'nor when the wave is over')

  vendor.lie = () => false
  await runs(vendor, second)
  vendor.lie = (path, response) => {
    if (path !== '/v1/beacons') return false
    response.destroy()
    return true
  }
  vendor.plan(first, [second])
  await host.heard('slots', 'recalled')
  await vendor.until(() => host.slots.confirmed?.version === '1.0.0')
  const third = imageOf('1.2.0')
  vendor.approve(third)
  vendor.plan(third, [second])
  await vendor.until(() => host.slots.confirmed?.version === '1.2.0')
})

test('a fetcher that is killed numbers its beacons on from where it was', async (context) => {
  const { vendor, host } = await confirmed(context)
  await vendor.until(() => vendor.beacons.length > 5)
  const [pid = 0] = host.children('fetcher/main.ts')
  const before = vendor.beacons.at(-1)?.sequence ?? 0
  process.kill(pid, 'SIGKILL')
  const after = vendor.beacons.length
  await vendor.until(() => vendor.beacons.length > after + 3)
  const sequences = vendor.beacons.slice(after).map(({ sequence }) => sequence)
  assert.ok(
    sequences.every((one, i) => one > (sequences[i - 1] ?? before - 1)),
    `${before} ${sequences.join()}`,
  )
})

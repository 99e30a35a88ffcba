import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { errorCode } from '@firebreak/kernel'
import { PLAN_RECALLED_MAX } from '@firebreak/rollout'
import { Host } from '../testing/host.ts'
import { imageOf } from '../testing/images.ts'
import { type Lie, Vendor } from '../testing/vendor.ts'
import { ApiClient } from './api-client.ts'
import { TrustStore } from './trust.ts'

const first = imageOf('1.0.0')
const second = imageOf('1.1.0')

/** What a fetcher keeps, against a server that can lie: after the first release, with the second to come. */
async function following(context: TestContext) {
  const vendor = new Vendor()
  await vendor.listen()
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-fetcher-'))
  context.after(async () => {
    await vendor.close()
    rmSync(folder, { recursive: true })
  })
  vendor.approve(first)
  vendor.plan(first)
  writeFileSync(join(folder, 'root.json'), vendor.root)
  const open = () => TrustStore.open(folder, new ApiClient(vendor.url))
  const store = await open()
  await store.refresh(Date.now())
  return { vendor, folder, store, open }
}

const ref = ({ slot }: typeof first) => ({ version: slot.version, imageDigest: slot.imageDigest })

function endless(response: ServerResponse): boolean {
  const chunk = Buffer.alloc(65_536, 'x')
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
  return true
}

function status(code: number, headers: Record<string, string> = {}): (response: ServerResponse) => boolean {
  return (response) => {
    response.writeHead(code, headers).end('no')
    return true
  }
}

function instead(bytes: Uint8Array | string): (response: ServerResponse) => boolean {
  return (response) => {
    response.end(bytes)
    return true
  }
}

function broken(response: ServerResponse): boolean {
  response.destroy()
  return true
}

function about(pattern: RegExp, lie: (response: ServerResponse) => boolean): Lie {
  return (path, response) => pattern.test(path) && lie(response)
}

const IMAGE = /image\.fbi$/
const LIES: readonly (readonly [name: string, lie: Lie, code: string])[] = [
  ['an endless timestamp', about(/timestamp/, endless), 'fetcher/too-large'],
  ['an empty timestamp', about(/timestamp/, instead('')), 'tuf/malformed'],
  ['an error of the server', about(/timestamp/, status(500)), 'fetcher/refused'],
  ['a connection that breaks', about(/timestamp/, broken), 'fetcher/unreachable'],
  ['a truncated snapshot', about(/snapshot/, instead('{"signed":')), 'tuf/hash'],
  ['a targets file without signatures', about(/\d\.targets\.json/, instead('{"signatures":[],"signed":{}}')), 'tuf/threshold'], // prettier-ignore
  ['no plan', about(/plan\.json$/, status(404)), 'fetcher/refused'],
  ['another plan', about(/plan\.json$/, instead('{}')), 'tuf/hash'],
  ['another image', about(IMAGE, instead(first.bytes)), 'tuf/hash'],
  ['a changed byte', about(IMAGE, instead(second.bytes.map((byte, i) => (i === 99 ? byte ^ 1 : byte)))), 'tuf/hash'],
  ['a longer image', about(IMAGE, instead(Buffer.concat([second.bytes, Buffer.from('x')]))), 'fetcher/too-large'],
  ['an endless image', about(IMAGE, endless), 'fetcher/too-large'],
  ['no image', about(IMAGE, status(404)), 'fetcher/refused'],
  ['a redirect to another file', about(IMAGE, status(302, { location: '/tuf/metadata/timestamp.json' })), 'fetcher/unreachable'], // prettier-ignore
]

test('a server that lies gets nothing past the fetcher, and the truth is taken afterwards', async (context) => {
  const { vendor, folder, store, open } = await following(context)
  const files = () => [readdirSync(folder), readFileSync(join(folder, 'plan.json'), 'latin1')]
  vendor.approve(second)
  vendor.plan(second)
  for (const [name, lie, code] of LIES) {
    vendor.lie = lie
    const isAboutImage = name.includes('image') || name.includes('byte') || name.includes('another file')
    const plan = store.plan?.generation
    const got = await store
      .refresh(Date.now())
      .then(() => store.image('fixture', 'behavioural', ref(second)))
      .catch(errorCode)
    assert.equal(got, code, name)
    if (!isAboutImage) assert.equal(store.plan?.generation, plan, name)
  }
  vendor.lie = () => false
  await vendor.close()
  const before = files()
  assert.equal(await store.refresh(Date.now()).catch(errorCode), 'fetcher/unreachable')
  assert.deepEqual(files(), before)
  await vendor.listen()
  const later = await open() // what was proven is durable
  await later.refresh(Date.now())
  assert.deepEqual(Buffer.from(await later.image('fixture', 'behavioural', ref(second))), Buffer.from(second.bytes))
})

const COMPLETE = {
  pack: 'fixture',
  category: 'behavioural',
  version: '1.1.0',
  minimumEngine: '1.0.0',
  gateReportDigest: 'c'.repeat(64),
}
const { gateReportDigest: _, ...withoutReport } = COMPLETE
const DESCRIPTIONS: readonly (readonly [name: string, custom: unknown, code: string])[] = [
  ['no description', null, 'kernel/malformed'],
  ['no gate report', { firebreak: withoutReport }, 'kernel/malformed'],
  ['a gate report without a digest', { firebreak: { ...COMPLETE, gateReportDigest: '' } }, 'kernel/malformed'],
  ['another pack', { firebreak: { ...COMPLETE, pack: 'other' } }, 'fetcher/release'],
  ['another category', { firebreak: { ...COMPLETE, category: 'configuration' } }, 'fetcher/release'],
  ['another version', { firebreak: { ...COMPLETE, version: '9.0.0' } }, 'fetcher/release'],
]

test('an image that is approved without its proof, or as something else, is not even fetched', async (context) => {
  for (const [name, custom, code] of DESCRIPTIONS) {
    const { vendor, store } = await following(context)
    vendor.approve(second, custom as null)
    vendor.plan(second)
    await store.refresh(Date.now())
    assert.equal(await store.image('fixture', 'behavioural', ref(second)).catch(errorCode), code, name)
    assert.equal(vendor.asked.some((path) => IMAGE.test(path)), false, name) // prettier-ignore
  }
  const { store } = await following(context)
  assert.equal(await store.image('fixture', 'behavioural', ref(second)).catch(errorCode), 'fetcher/release')
})

test('an older plan is not taken, whatever signs it; also after a restart', async (context) => {
  const { vendor, store, open } = await following(context)
  vendor.plan(first, [], 7)
  await store.refresh(Date.now())
  vendor.plan(null, [], 6)
  await store.refresh(Date.now())
  assert.equal(store.plan?.generation, 7)
  const later = await open()
  await later.refresh(Date.now())
  assert.equal(later.plan?.generation, 7)
})

test('what was recalled once stays recalled, whatever newer plans say; also after a restart', async (context) => {
  const { vendor, store, open } = await following(context)
  vendor.plan(null, [first])
  await store.refresh(Date.now())
  vendor.plan(first, [second])
  await store.refresh(Date.now())
  for (const { plan } of [store, await open()]) {
    assert.equal(plan?.packs[0]?.baseline?.imageDigest, first.digest, 'the newer plan is held')
    assert.deepEqual(plan?.recalled, [second.digest, first.digest])
  }
})

test('a disk that takes nothing keeps no recall from the host, and what was proven is kept when it does', async (context) => {
  for (const file of ['trusted.json', 'plan.json']) {
    const { vendor, folder, store, open } = await following(context)
    vendor.plan(null, [first])
    rmSync(join(folder, file))
    mkdirSync(join(folder, file)) // in the way
    for (const attempt of [1, 2]) {
      assert.equal(await store.refresh(Date.now()).catch(errorCode), 'durable/fault', `${file}, attempt ${attempt}`)
      assert.deepEqual(store.plan?.recalled, [first.digest])
    }
    rmSync(join(folder, file), { recursive: true })
    await store.refresh(Date.now())
    assert.deepEqual((await open()).plan?.recalled, [first.digest])
  }
})

test('a plan of recalls that were never images brings back nothing that was recalled', async (context) => {
  const { vendor, store, open } = await following(context)
  const never = Array.from({ length: PLAN_RECALLED_MAX }, (_, i) => ({
    ...first,
    digest: i.toString(16).padStart(64, '0'),
  }))
  vendor.plan(null, [first])
  await store.refresh(Date.now())
  for (const recalled of [never, [], never]) {
    vendor.plan(first, recalled)
    await store.refresh(Date.now())
  }
  for (const { plan } of [store, await open()]) assert.ok(plan?.recalled.includes(first.digest))
})

test('a recall that is held is obeyed without a server, and by a host that has no identity', async (context) => {
  const vendor = new Vendor()
  await vendor.listen()
  vendor.approve(first)
  vendor.plan(first)
  const host = new Host(context, vendor, { trialMs: 50 })
  host.start()
  await host.heard('slots', 'trial-passed')
  await host.kill()
  await vendor.close()
  const held = { generation: 99, issuedAtMs: 1, packs: [], recalled: [first.digest] }
  writeFileSync(`${host.paths.fetcher}/plan.json`, JSON.stringify(held)) // of a fetcher that died before it told
  writeFileSync(`${host.paths.fetcher}/identity.json`, '{') // and whose files are damaged
  host.start()
  await host.heard('slots', 'recalled')
  assert.equal(host.slots.confirmed, null)
  assert.deepEqual(host.slots.rejected, [first.digest])
})

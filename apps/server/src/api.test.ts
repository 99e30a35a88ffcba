import assert from 'node:assert/strict'
import { request } from 'node:http'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { BEACON_SIZE_BYTES_MAX, type DetectionRecord, type Enrolled, type FleetStatus } from '@firebreak/api'
import { hostBeacon, planByTuf, releaseFiles, TestServer, waveBeacon } from './server.fixture.ts'

const server = new TestServer()
let host: Enrolled

before(async () => {
  await server.init()
  await server.start()
  host = await server.enrol('canary')
})
after(() => server.remove())

const detection = (sequence: number): DetectionRecord => ({
  sequence,
  atMs: 1,
  ruleId: 'r',
  title: '<b>t</b>',
  level: 'high',
  tags: [],
  pack: 'linux-baseline',
  version: '1.0.0',
  category: 'behavioural',
  fields: [{ field: 'CommandLine', value: 'x' }],
  selections: [{ name: 'selection', matched: [{ field: 'CommandLine', value: 'x' }] }],
  custom: '{"owner":"<i>soc</i>"}',
})

const tokens = () => ({ none: null, operator: server.operatorToken, enrol: server.enrolToken, host: host.token })
const guarded: readonly (readonly [string, string, keyof ReturnType<typeof tokens>])[] = [
  ['POST', '/v1/hosts', 'enrol'],
  ['POST', '/v1/beacons', 'host'],
  ['POST', '/v1/detections', 'host'],
  ['POST', '/v1/releases', 'operator'],
  ['POST', '/v1/packs/p/halt', 'operator'],
  ['POST', '/v1/packs/p/recall', 'operator'],
  ['GET', '/v1/status', 'operator'],
  ['GET', '/v1/plan', 'operator'],
  ['GET', '/v1/stream', 'operator'],
]
for (const [method, path, needs] of guarded) {
  test(`${method} ${path} answers 401 to all but the ${needs} token`, async () => {
    const others = Object.entries(tokens()).filter(([name]) => name !== needs)
    for (const [name, token] of [...others, ['a wrong one', 'x'.repeat(43)] as const]) {
      assert.deepEqual(
        await server.code(method, path, token, method === 'POST' ? {} : undefined),
        [401, 'http/unauthorized'],
        name,
      )
    }
  })
}

type TokenName = keyof ReturnType<typeof tokens>
const malformed: readonly (readonly [string, string, TokenName, unknown, number, string])[] = [
  ['no JSON', '/v1/beacons', 'host', '{', 400, 'kernel/malformed'],
  ['an empty body', '/v1/beacons', 'host', '', 400, 'kernel/malformed'],
  ['a list', '/v1/beacons', 'host', [], 400, 'kernel/malformed'],
  ['a sequence of 0', '/v1/beacons', 'host', hostBeacon(0), 400, 'kernel/malformed'],
  [
    'an unknown outcome',
    '/v1/beacons',
    'host',
    waveBeacon(1, 'a'.repeat(64), 1, 'fine' as never),
    400,
    'kernel/malformed',
  ],
  [
    'a beacon that is too large',
    '/v1/beacons',
    'host',
    ' '.repeat(BEACON_SIZE_BYTES_MAX + 1),
    413,
    'http/body-too-large',
  ],
  ['detections that are no list', '/v1/detections', 'host', { detections: 1 }, 400, 'kernel/malformed'],
  ['a ring that is no name', '/v1/hosts', 'enrol', { name: 'x', ring: '../x' }, 400, 'kernel/malformed'],
  ['a host without a ring', '/v1/hosts', 'enrol', { name: 'x' }, 400, 'kernel/malformed'],
  ['an empty submission', '/v1/releases', 'operator', {}, 400, 'kernel/malformed'],
  [
    'targets that are not metadata',
    '/v1/releases',
    'operator',
    { targetsMetadata: 'AAAA', files: [] },
    422,
    'tuf/malformed',
  ],
  ['a halt without a reason', '/v1/packs/p/halt', 'operator', {}, 400, 'kernel/malformed'],
  ['a halt of an unknown pack', '/v1/packs/p/halt', 'operator', { reason: '' }, 404, 'server/unknown-pack'],
  ['a recall of no version', '/v1/packs/p/recall', 'operator', { reason: '' }, 400, 'kernel/malformed'],
  [
    'a recall of an unknown release',
    '/v1/packs/p/recall',
    'operator',
    { version: '1.0.0', reason: '' },
    404,
    'server/unknown-release',
  ],
]
for (const [name, path, token, body, status, code] of malformed) {
  test(`${path}: ${name} is ${status} ${code}`, async () => {
    assert.deepEqual(await server.code('POST', path, tokens()[token], body), [status, code])
  })
}

const noFiles = [
  '/tuf/metadata/2.root.json',
  '/tuf/metadata/../../keys/online.json',
  '/tuf/metadata/%2e%2e/%2e%2e/keys/online.json',
  '/tuf/metadata/..%2f..%2fkeys%2fonline.json',
  '/tuf/targets/plans',
  '/tuf/targets/',
  '/firebreak.db',
  '/v1/none',
  '/',
]
for (const path of noFiles) {
  test(`GET ${path} is 404`, async () => {
    // Not fetch: that would resolve the dots before sending.
    const sent = request(server.url, { path }).end()
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    assert.equal(response.statusCode, 404)
  })
}

test('static files: an ETag, for ever for versions, never stale for the timestamp, and the security headers', async () => {
  const timestamp = await server.call('GET', '/tuf/metadata/timestamp.json', null)
  assert.equal(timestamp.headers.get('cache-control'), 'no-cache')
  assert.match(timestamp.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/)
  assert.equal(timestamp.headers.get('x-content-type-options'), 'nosniff')
  const etag = timestamp.headers.get('etag') ?? ''
  const again = await fetch(`${server.url}/tuf/metadata/timestamp.json`, { headers: { 'if-none-match': etag } })
  assert.equal(again.status, 304)
  const root = await server.call('GET', '/tuf/metadata/1.root.json', null)
  assert.equal(root.headers.get('cache-control'), 'public, max-age=31536000, immutable')
})

test('an enrolled host is told apart by its token, and shows in its ring, also in one that the policy does not name', async () => {
  const other = await server.enrol('laboratory')
  const { rings } = await server.status()
  assert.deepEqual(
    rings.map(({ ring }) => ring),
    ['canary', 'early', 'broad', 'laboratory'],
  )
  assert.deepEqual(
    rings.at(-1)?.hosts.map((one) => [one.host, one.lastSeenMs, one.presence.kind, one.beacon]),
    [[other.host, null, 'expected', null]],
  )
  assert.notEqual(other.token, host.token)
})

const canary = (status: FleetStatus) => status.rings[0]?.hosts.find((one) => one.host === host.host)

test('a beacon counts once, and an older one changes nothing', async () => {
  for (const sequence of [5, 5, 4, 6, 3]) {
    assert.equal((await server.call('POST', '/v1/beacons', host.token, hostBeacon(sequence))).status, 204)
  }
  assert.equal(canary(await server.status())?.beacon?.sequence, 6)
})

test('detections come through the stream, each once, as text', async () => {
  const abort = new AbortController()
  const stream = await fetch(`${server.url}/v1/stream`, {
    headers: { authorization: `Bearer ${server.operatorToken}` },
    signal: abort.signal,
  })
  assert.equal(stream.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
  for (const sequences of [
    [2, 1],
    [1, 2],
    [2, 3],
  ]) {
    const body = { detections: sequences.map(detection) }
    assert.equal((await server.call('POST', '/v1/detections', host.token, body)).status, 204)
  }
  const seen: number[] = []
  let text = ''
  assert.ok(stream.body)
  for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const parsed = JSON.parse(line) as { kind: string; detection: DetectionRecord }
      if (parsed.kind === 'detection') seen.push(parsed.detection.sequence)
    }
    if (seen.length >= 3) break
  }
  abort.abort()
  assert.deepEqual(seen, [1, 2, 3])
})

test('from a signed release to the baseline: published, planned by TUF, confirmed, advanced, complete', async () => {
  const release = releaseFiles('1.0.0')
  const targets = server.vendor.sign([release.image, release.report])
  const first = await server.publish(release, targets)
  assert.equal(first.status, 201)
  const published = await first.json()
  assert.deepEqual(published, { pack: 'linux-baseline', version: '1.0.0', imageDigest: release.image.sha256 })
  const again = await server.publish(release, targets)
  assert.deepEqual([again.status, await again.json()], [201, published], 'the same once more, as after a lost answer')

  const early = await server.enrol('early')
  const broad = await server.enrol('broad')
  for (const one of [early, broad]) await server.report(one, hostBeacon(1))
  await server.until((status) => status.rollouts[0]?.waves.length === 1)
  const [pack] = (await planByTuf(server)).packs
  assert.deepEqual(pack?.candidate, { version: '1.0.0', imageDigest: release.image.sha256 })
  const everybody = { fromPpm: 0, toPpm: 1_000_000 }
  const arms = { wave: 1, exposed: everybody, control: { fromPpm: 1_000_000, toPpm: 1_000_000 } }
  assert.deepEqual(pack?.exposure, [{ ring: 'canary', ppm: 1_000_000, arms }])

  for (const [i, one] of [host, early, broad].entries()) {
    await server.until((status) => status.rollouts[0]?.waves.length === i + 1)
    await server.report(one, waveBeacon(10, release.image.sha256, i + 1))
  }
  const done = await server.until((status) => status.releases[0]?.state === 'complete')
  assert.deepEqual(done.plan?.packs[0]?.baseline, { version: '1.0.0', imageDigest: release.image.sha256 })
  const kinds = done.verdicts.filter(({ kind }) => kind === 'advance').map(({ ring, reason }) => `${ring} ${reason}`)
  assert.deepEqual(kinds, [
    'broad rollout-complete',
    'early evidence-sufficient',
    'canary evidence-sufficient',
    'canary first-wave',
  ])
  const [rollout] = done.rollouts
  assert.deepEqual(
    rollout?.waves.map(({ ring, exposed }) => [ring, exposed.cohort, exposed.enrolled, exposed.proven]),
    ['canary', 'early', 'broad'].map((ring) => [ring, 1, 1, 1]),
  )
})

test('a refusal in the first ring halts and recalls; the other rings never see the release', async () => {
  const release = releaseFiles('1.1.0')
  assert.equal((await server.publish(release)).status, 201)
  await server.until((status) => status.rollouts[0]?.version === '1.1.0' && status.rollouts[0].waves.length === 1)
  await server.report(host, waveBeacon(20, release.image.sha256, 1, 'refused'))
  const halted = await server.until((status) => status.rollouts[0]?.status === 'halted')
  const [verdict] = halted.verdicts
  assert.deepEqual([verdict?.kind, verdict?.reason, verdict?.ring], ['halt', 'attributable-failure', 'canary'])
  assert.deepEqual(halted.rollouts[0]?.verdict, verdict, 'and that is how it stands')
  assert.deepEqual(halted.plan?.packs[0]?.exposure, [])
  assert.deepEqual(halted.plan?.recalled, [release.image.sha256], 'who has it leaves it')
  assert.equal(halted.releases.at(-1)?.state, 'recalled')
  assert.equal(halted.plan?.packs[0]?.baseline?.version, '1.0.0')
  assert.deepEqual(await server.code('POST', '/v1/packs/linux-baseline/halt', server.operatorToken, { reason: 'x' }), [
    409,
    'server/nothing-rolling',
  ])
})

test('only approvers put a release into the emergency lane', async () => {
  const release = releaseFiles('1.1.5', undefined, { emergency: true })
  assert.equal((await server.publish(release)).status, 201)
  assert.equal((await server.status()).rollouts[0]?.lane, 'emergency')
})

test('an operator halts, and recalls; a recalled baseline gives way to the one before', async () => {
  const release = releaseFiles('1.2.0')
  assert.equal((await server.publish(release)).status, 201)
  const call = (path: string, body: unknown) =>
    server.code('POST', `/v1/packs/linux-baseline/${path}`, server.operatorToken, body)
  assert.deepEqual(await call('halt', { reason: 'a customer called' }), [204, ''])
  const { verdicts } = await server.status()
  assert.deepEqual([verdicts[0]?.reason, verdicts[0]?.explanation], ['operator', 'a customer called'])
  for (const version of ['1.2.0', '1.0.0', '1.0.0']) {
    assert.deepEqual(await call('recall', { version, reason: 'bad' }), [204, ''])
  }
  const plan = await planByTuf(server)
  assert.equal(plan.packs[0]?.baseline, null)
  assert.equal(plan.packs[0]?.candidate, null)
  const digests = ['1.0.0', '1.1.0', '1.2.0'].map((version) => releaseFiles(version).image.sha256)
  assert.deepEqual(plan.recalled, digests.toSorted())
  const { releases } = await server.status()
  assert.deepEqual(
    releases.map(({ version, state }) => `${version} ${state}`),
    ['1.0.0 recalled', '1.1.0 recalled', '1.1.5 superseded', '1.2.0 recalled'],
  )
})

const notPublished: readonly (readonly [string, () => Promise<Response>, number, string])[] = [
  [
    'a version that was published',
    () => server.publish(releaseFiles('1.2.0'), signForgotten('1.2.0')),
    422,
    'server/dropped-target',
  ],
  ['an older version', () => server.publish(releaseFiles('0.9.0'), sign('0.9.0')), 409, 'server/not-newer'],
  ['one signature of two', () => server.publish(releaseFiles('2.0.0'), sign('2.0.0', 1)), 422, 'tuf/threshold'],
  [
    'no files',
    () => server.publish({ ...releaseFiles('2.0.0'), files: [] }, sign('2.0.0')),
    422,
    'server/missing-file',
  ],
]
function sign(version: string, signers = 2): Uint8Array {
  const { image, report } = releaseFiles(version)
  return server.vendor.sign([image, report], server.vendor.approvers.slice(0, signers), true)
}
function signForgotten(version: string): Uint8Array {
  server.vendor.forgetTargets()
  return sign(version)
}
for (const [name, publish, status, code] of notPublished.toReversed()) {
  test(`does not publish ${name}: ${code}`, async () => {
    const before = await server.status()
    const response = await publish()
    const { error } = (await response.json()) as { error: { code: string } }
    assert.deepEqual([response.status, error.code], [status, code])
    const now = await server.status()
    assert.deepEqual([now.releases, now.plan], [before.releases, before.plan], 'nothing has changed')
  })
}

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { FleetStatus } from '@firebreak/api'
import { openStore } from './schema.ts'
import { hostBeacon, planByTuf, releaseFiles, runMain, TestServer, waveBeacon } from './server.fixture.ts'

let server: TestServer
beforeEach(() => {
  server = new TestServer()
})
afterEach(() => server.remove())

test('kill -9 in a burst of beacons: whatever was acknowledged is there after the restart', async () => {
  await server.init()
  await server.start()
  const hosts = await Promise.all(Array.from({ length: 8 }, () => server.enrol('canary')))
  const acknowledged = new Map<string, number>()
  for (let round = 1; round <= 2; round++) {
    const enough = round * 100
    let count = 0
    const burst = hosts.map(async ({ host, token }) => {
      for (let sequence = (acknowledged.get(host) ?? 0) + 1; ; sequence++) {
        const response = await server.call('POST', '/v1/beacons', token, hostBeacon(sequence)).catch(() => null)
        if (!response) return
        assert.equal(response.status, 204)
        acknowledged.set(host, sequence)
        // In the middle of everybody's requests.
        if (++count === enough) void server.kill()
      }
    })
    await Promise.all(burst)
    await server.start()
    const found = new Map(
      (await server.status()).rings.flatMap((ring) => ring.hosts.map((one) => [one.host, one.beacon])),
    )
    for (const [host, sequence] of acknowledged) {
      const kept = found.get(host)?.sequence ?? 0
      assert.ok(kept === sequence || kept === sequence + 1, `${host}: acknowledged ${sequence}, found ${kept}`)
      assert.equal(found.get(host)?.events, kept)
    }
  }
})

/** Resolves at the n-th change in the metadata folder. */
function changes(count: number): Promise<void> {
  if (count === 0) return Promise.resolve()
  let seen = 0
  return new Promise((resolve) => {
    watch(join(server.data, 'repository', 'metadata'), { persistent: false }, () => {
      if (++seen === count) resolve()
    })
  })
}

for (const count of [0, 1, 5, 9]) {
  test(`kill -9 in a publication, at change ${count} of its files: it is there or not at all, and can be sent again`, async () => {
    await server.init()
    await server.start()
    const release = releaseFiles('1.0.0')
    const targets = server.vendor.sign([release.image, release.report])
    const blow = changes(count)
    const answer = server.publish(release, targets).catch(() => null)
    await Promise.race([blow, answer])
    await server.kill()
    const isPublished = (await answer)?.status === 201
    await server.start()
    const isThere = (await server.status()).releases.length === 1
    assert.ok(isThere || !isPublished, 'acknowledged, so kept')
    const candidate = (await planByTuf(server)).packs[0]?.candidate
    assert.equal(candidate?.version === '1.0.0', isThere, 'the repository says what the database says')
    assert.equal((await server.publish(release, targets)).status, 201)
  })
}

test('generations go on after a restart, a halt stays a halt', async () => {
  await server.init()
  await server.start()
  await server.publish(releaseFiles('1.0.0'))
  await server.call('POST', '/v1/packs/linux-baseline/halt', server.operatorToken, { reason: 'stop' })
  const before = (await server.status()).plan
  await server.kill()
  await server.start()
  const after = await server.status()
  assert.deepEqual(after.plan, before)
  assert.equal(after.releases[0]?.state, 'halted')
  await server.publish(releaseFiles('1.1.0'))
  assert.ok(((await server.status()).plan?.generation ?? 0) > (before?.generation ?? 0))
})

test('SIGTERM ends it with 0, though a stream is open', async () => {
  await server.init()
  await server.start()
  const stream = await server.call('GET', '/v1/stream', server.operatorToken)
  assert.equal(stream.status, 200)
  const ended = stream.text()
  assert.equal(await server.kill('SIGTERM'), 0)
  assert.match(await ended, /"kind":"status"/)
})

const wavesOf = ({ rollouts }: FleetStatus) => rollouts.flatMap(({ waves }) => waves.map(({ arms }) => arms))

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a second server stands by: it answers questions, takes no reports, and takes over after ${signal}`, async () => {
    await server.init()
    await server.start()
    assert.equal(server.role, 'active')
    const host = await server.enrol('canary')
    await server.report(host, hostBeacon(1))
    await server.publish(releaseFiles('1.0.0'))
    const before = await server.until((status) => status.rollouts[0]?.waves.length === 1)
    const second = new TestServer(server)
    try {
      await second.start()
      assert.equal(second.role, 'stand-by')
      const seen = await second.status()
      assert.deepEqual(seen.controller, { role: 'stand-by', token: before.controller.token })
      assert.deepEqual([seen.plan, wavesOf(seen)], [before.plan, wavesOf(before)])
      assert.equal((await planByTuf(second)).generation, before.plan?.generation)
      const refused = [503, 'server/stand-by']
      const { operatorToken, enrolToken } = server
      assert.deepEqual(await second.code('POST', '/v1/beacons', host.token, hostBeacon(2)), refused)
      assert.deepEqual(await second.code('POST', '/v1/hosts', enrolToken, { name: 'x', ring: 'canary' }), refused)
      assert.deepEqual(
        await second.code('POST', '/v1/packs/linux-baseline/halt', operatorToken, { reason: '' }),
        refused,
      )

      await server.kill(signal)
      const after = await second.until(({ controller }) => controller.role === 'active')
      assert.ok(after.controller.token > before.controller.token)
      assert.deepEqual([after.plan, wavesOf(after)], [before.plan, wavesOf(before)], 'nothing was decided anew')
      await second.report(host, waveBeacon(2, releaseFiles('1.0.0').image.sha256, 1))
      await second.until((status) => status.rollouts[0]?.verdict?.reason === 'empty-cohort')
    } finally {
      await second.remove()
    }
  })
}

test('a folder that an older program has open, alone, is refused with one sentence', async () => {
  await server.init()
  const alone = openStore(join(server.data, 'firebreak.db'))
  const { code, failure } = await runMain(server.serveArgs())
  alone.close()
  assert.deepEqual([code, failure.code], [1, 'sqlite/locked'])
  assert.equal(
    failure.message,
    `Cannot open ${server.data}/firebreak.db: another process is using it; stop that one first`,
  )
})

test('a port in use is one sentence, and the data folder is free again', async () => {
  await server.init()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, failure } = await runMain([...server.serveArgs(), '--port', String(port)])
  other.close()
  assert.deepEqual([code, failure.code], [1, 'http/port-in-use'])
  assert.match(failure.message ?? '', /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use; /)
  await server.start()
})

test('init can be repeated until the server was started, then no more', async () => {
  await server.init()
  const lost = server.operatorToken
  const { code, stdout } = await runMain(server.initArgs())
  assert.equal(code, 0)
  Object.assign(server, JSON.parse(stdout))
  await server.start()
  assert.deepEqual(await server.code('GET', '/v1/status', lost), [401, 'http/unauthorized'])
  assert.equal((await planByTuf(server)).generation, 1)
  await server.kill()
  const again = await runMain(server.initArgs())
  assert.deepEqual([again.code, again.failure.code, again.stdout], [1, 'server/already-initialised', ''])
})

test("a folder's secrets are its owner's; the tokens are nowhere in it", async () => {
  await server.init()
  for (const path of ['keys/online.json', 'firebreak.db']) {
    assert.equal(statSync(join(server.data, path)).mode & 0o077, 0, path)
  }
  for (const entry of readdirSync(server.data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = readFileSync(join(entry.parentPath, entry.name))
    assert.ok(!bytes.includes(server.operatorToken) && !bytes.includes(server.enrolToken), entry.name)
  }
})

interface Refusal {
  readonly name: string
  readonly prepare?: () => void
  readonly args: () => readonly string[]
  readonly code: string
  readonly exit?: number
}
const refusals: readonly Refusal[] = [
  { name: 'no flags', args: () => [], code: 'server/usage', exit: 2 },
  { name: 'an unknown flag', args: () => [...server.serveArgs(), '--prot', '1'], code: 'server/usage', exit: 2 },
  {
    name: 'a port that is none',
    args: () => [...server.serveArgs(), '--port', '70000'],
    code: 'server/usage',
    exit: 2,
  },
  { name: 'half of TLS', args: () => [...server.serveArgs(), '--tls-key', 'x'], code: 'server/usage', exit: 2 },
  {
    name: 'beyond this machine without TLS',
    args: () => [...server.serveArgs(), '--host', '0.0.0.0'],
    code: 'http/tls-required',
  },
  {
    name: 'a policy with a threshold that does not parse',
    prepare: () => writeFileSync(join(server.folder, 'bad.json'), '{"failuresMax":"5%"}'),
    args: () => ['--data', server.data, '--policy', join(server.folder, 'bad.json')],
    code: 'kernel/malformed',
  },
  {
    name: 'keys that the root does not name',
    prepare: () => writeFileSync(join(server.data, 'keys', 'online.json'), new TestServerKeys().online),
    args: () => server.serveArgs(),
    code: 'server/keys',
  },
  {
    name: 'gate keys that are none',
    prepare: () => writeFileSync(join(server.data, 'keys', 'gate.pub'), 'any key\n'),
    args: () => server.serveArgs(),
    code: 'server/keys',
  },
  {
    name: 'no gate key',
    prepare: () => rmSync(join(server.data, 'keys', 'gate.pub')),
    args: () => server.serveArgs(),
    code: 'server/data-folder',
  },
  {
    name: 'a damaged database',
    prepare: () => writeFileSync(join(server.data, 'firebreak.db'), 'x'.repeat(10_000)),
    args: () => server.serveArgs(),
    code: 'sqlite/corrupt',
  },
  {
    name: 'a changed root',
    prepare: () => {
      const path = join(server.data, 'repository', 'metadata', '1.root.json')
      writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'))
    },
    args: () => server.serveArgs(),
    code: 'tuf/threshold',
  },
]

class TestServerKeys {
  readonly #other = new TestServer()
  get online(): string {
    const { onlineKeys } = this.#other.vendor
    void this.#other.remove()
    return onlineKeys
  }
}

for (const { name, prepare, args, code, exit } of refusals) {
  test(`does not start with ${name}: ${code}, one sentence`, async () => {
    await server.init()
    prepare?.()
    const ended = await runMain(args())
    assert.deepEqual([ended.code, ended.failure.code, ended.stdout], [exit ?? 1, code, ''])
    assert.match(ended.failure.message ?? '', /^Cannot /)
  })
}

test('a folder that was never initialised is named as that', async () => {
  const { code, failure } = await runMain(['--data', server.data])
  assert.deepEqual([code, failure.code], [1, 'server/data-folder'])
})

test('a folder where nothing can be written: one sentence', async () => {
  writeFileSync(join(server.folder, 'file'), '')
  const args = server.initArgs().map((arg) => (arg === server.data ? join(server.folder, 'file', 'data') : arg))
  const { code, failure } = await runMain(args)
  assert.deepEqual([code, failure.code], [1, 'durable/fault'])
  assert.match(failure.message ?? '', /^Cannot open folder /)
})

test(
  'a folder without permission: one sentence',
  { skip: process.getuid?.() === 0 && 'root may write anywhere' },
  async () => {
    mkdirSync(server.data)
    chmodSync(server.data, 0o500)
    const { code, failure } = await runMain(server.initArgs())
    assert.equal(code, 1)
    assert.match(failure.code ?? '', /permission/)
  },
)

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { errorCode } from '@firebreak/kernel'
import { parsePlan, type Plan, PLAN_TARGET_PATH } from '@firebreak/rollout'
import type { Database } from '@firebreak/sqlite'
import { findTarget, type TargetFile, targetFetchPath, trustRoot, verifyTarget } from '@firebreak/tuf'
import { dataFolder, parseOnlineKeys } from './data-folder.ts'
import { Repository } from './repository.ts'
import { openStore } from './schema.ts'
import { follow, releaseFiles, Vendor } from './server.fixture.ts'

const DAY_MS = 86_400_000
let root: string
let database: Database
let vendor: Vendor

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'firebreak-repository-'))
  database = openStore(join(root, 'firebreak.db'))
  vendor = new Vendor(Date.now())
})
afterEach(() => {
  database.close()
  rmSync(root, { recursive: true })
})

const open = (keys = vendor.onlineKeys) =>
  new Repository(dataFolder(root), trustRoot(vendor.root), parseOnlineKeys(Buffer.from(keys)), database)

const planOfGeneration = (generation: number): Plan => ({ generation, issuedAtMs: 1, packs: [], recalled: [] })

async function opened(): Promise<Repository> {
  const repository = open()
  const { next } = repository.judgeTargets(vendor.sign([]), Date.now())
  database.transaction(() => repository.stage({ targets: next, plan: planOfGeneration(1) }, Date.now()))
  await repository.materialise()
  return repository
}

type Files = ReadonlyMap<string, Uint8Array>

/** All files of the repository, by path below it. */
function filesNow(): Files {
  const base = join(root, 'repository')
  const names = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(base.length + 1), readFileSync(path)]
    }),
  )
}

/** What a host makes of these files, from nothing but the root: the generation of the plan. */
async function generationIn(files: Files): Promise<number> {
  const trusted = await follow(trustRoot(vendor.root), async (path) => files.get(`metadata/${path}`) ?? null)
  const target = findTarget(trusted, PLAN_TARGET_PATH)
  assert.ok(target)
  const bytes = files.get(`targets/${targetFetchPath(target)}`)
  assert.ok(bytes)
  verifyTarget(target, bytes)
  return parsePlan(bytes).generation
}

test('a crash between any two files leaves hosts the old repository or the new one, whole', async () => {
  const repository = await opened()
  const before = filesNow()
  const { image, report } = releaseFiles('1.0.0')
  const { next } = repository.judgeTargets(vendor.sign([image, report]), Date.now())
  database.transaction(() => repository.stage({ targets: next, plan: planOfGeneration(2) }, Date.now()))
  await repository.materialise()
  const after = filesNow()
  const changed = [...after].filter(
    ([path, bytes]) => Buffer.compare(bytes, before.get(path) ?? new Uint8Array(0)) !== 0,
  )
  const order = ['targets/', 'metadata/2.targets', 'metadata/2.plans', 'metadata/2.snapshot', 'metadata/timestamp']
  const rank = ([path]: readonly [string, unknown]) => order.findIndex((start) => path.startsWith(start))
  const written = changed.toSorted((a, b) => rank(a) - rank(b))
  assert.equal(written.length, order.length)
  for (let count = 0; count <= written.length; count++) {
    const files = new Map([...before, ...written.slice(0, count)])
    assert.equal(await generationIn(files), count === written.length ? 2 : 1, `${count} files written`)
  }
})

test('what the transaction decided is published at the next start, whichever files were lost', async () => {
  const repository = await opened()
  database.transaction(() => repository.stage({ plan: planOfGeneration(2) }, Date.now()))
  assert.equal(await generationIn(filesNow()), 1, 'nothing was written yet')
  await open().materialise()
  assert.equal(await generationIn(filesNow()), 2)
  rmSync(join(root, 'repository'), { recursive: true })
  const again = open()
  await again.materialise()
  assert.equal(await generationIn(filesNow()), 2)
  assert.equal(again.plan?.generation, 2)
})

test('a transaction that fails publishes nothing', async () => {
  const repository = await opened()
  assert.throws(
    () =>
      database.transaction(() => {
        repository.stage({ plan: planOfGeneration(2) }, Date.now())
        throw new Error('no')
      }),
    /^Error: no$/,
  )
  await open().materialise()
  assert.equal(await generationIn(filesNow()), 1)
})

test('generations only rise', async () => {
  const repository = await opened()
  for (const generation of [1, 0]) {
    assert.throws(() => repository.stage({ plan: planOfGeneration(generation) }, Date.now()), { code: 'kernel/bug' })
  }
})

test('what would expire is signed again, and nothing before', async () => {
  const repository = await opened()
  const nowMs = Date.now()
  assert.equal(repository.isRenewalDue(nowMs), false)
  assert.equal(repository.isRenewalDue(nowMs + 0.6 * DAY_MS), true)
  const versions = () => [...filesNow().keys()].filter((path) => path.startsWith('metadata/')).toSorted()
  const before = versions()
  database.transaction(() => repository.stage({}, nowMs + 0.6 * DAY_MS))
  await repository.materialise()
  assert.deepEqual(versions(), before, 'only the timestamp')
  database.transaction(() => repository.stage({}, nowMs + 8 * DAY_MS))
  await repository.materialise()
  assert.ok(versions().includes('metadata/2.snapshot.json') && versions().includes('metadata/2.plans.json'))
  assert.equal(await generationIn(filesNow()), 1)
})

test('old snapshots, plans and plan files are pruned; hosts still follow', async () => {
  const repository = await opened()
  for (let generation = 2; generation <= 40; generation++) {
    database.transaction(() => repository.stage({ plan: planOfGeneration(generation) }, Date.now()))
    await repository.materialise()
  }
  const files = filesNow()
  const count = (kind: RegExp) => [...files.keys()].filter((path) => kind.test(path)).length
  assert.deepEqual([count(/snapshot/), count(/plans\.json/), count(/plan\.json/)], [32, 32, 32])
  assert.equal(await generationIn(files), 40)
})

test('targets are judged by threshold, version and what they keep', async () => {
  const repository = await opened()
  const { image, report } = releaseFiles('1.0.0')
  const verdict = (bytes: Uint8Array) => {
    try {
      return repository.judgeTargets(bytes, Date.now()).added.map(({ path }) => path)
    } catch (error) {
      return errorCode(error)
    }
  }
  const sign = (added: readonly TargetFile[], signers = vendor.approvers) => vendor.sign(added, signers, true)
  assert.deepEqual(verdict(sign([image, report])), [image.path, report.path].toSorted())
  assert.equal(verdict(sign([image], vendor.approvers.slice(1))), 'tuf/threshold')
  assert.equal(verdict(sign([image], new Vendor(Date.now()).approvers)), 'tuf/threshold')
  assert.equal(verdict(new Vendor(Date.now()).sign([])), 'tuf/threshold')
  assert.equal(verdict(Buffer.from('{}')), 'tuf/malformed')
  const { next } = repository.judgeTargets(vendor.sign([image, report]), Date.now())
  database.transaction(() => repository.stage({ targets: next }, Date.now()))
  assert.equal(verdict(new Uint8Array(next.targets?.bytes ?? [])), 'tuf/version', 'the same again')
  vendor.forgetTargets()
  assert.equal(verdict(sign([])), 'server/dropped-target')
  assert.equal(verdict(sign([{ ...image, sha256: 'c'.repeat(64) }, report])), 'server/dropped-target')
})

test('online keys that root and targets do not name are refused', async () => {
  await opened()
  assert.throws(() => open(new Vendor(Date.now()).onlineKeys), { code: 'server/keys' })
})

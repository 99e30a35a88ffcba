import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode } from '@firebreak/kernel'
import { ROOT_ROTATIONS_MAX } from './limits.ts'
import type { FetchRequest } from './refresh.ts'
import { DAY_MS, follow, newSigners, NOW_MS, Repository, run } from './repository.fixture.ts'
import { metadataVersions, type TrustedMetadata, trustRoot } from './trusted.ts'

function paths(requests: readonly FetchRequest[]): readonly string[] {
  return requests.map(({ path }) => path)
}

function refused(trusted: TrustedMetadata, repository: Repository, nowMs = NOW_MS): [string, FetchRequest[]] {
  const requests: FetchRequest[] = []
  try {
    run(trusted, repository.files, nowMs, requests)
  } catch (error) {
    return [errorCode(error), requests]
  }
  return ['accepted', requests]
}

test('the first refresh fetches each role once', () => {
  const repository = new Repository()
  const { trusted, requests } = run(trustRoot(repository.file('1.root.json')), repository.files)
  assert.deepEqual(paths(requests), [
    '2.root.json',
    'timestamp.json',
    '1.snapshot.json',
    '1.targets.json',
    '1.plans.json',
  ])
  assert.deepEqual(Object.fromEntries(metadataVersions(trusted)), {
    root: 1,
    timestamp: 1,
    snapshot: 1,
    targets: 1,
    plans: 1,
  })
})

test('a steady refresh asks for two files, with or without a new timestamp', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  assert.deepEqual(paths(run(trusted, repository.files).requests), ['2.root.json', 'timestamp.json'])
  repository.publishTimestamp()
  assert.deepEqual(paths(run(trusted, repository.files).requests), ['2.root.json', 'timestamp.json'])
})

test('a new plan costs two files more', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  repository.publishPlans()
  repository.publishSnapshot()
  const { requests } = run(trusted, repository.files)
  assert.deepEqual(paths(requests), ['2.root.json', 'timestamp.json', '2.snapshot.json', '2.plans.json'])
})

test('new targets keep the plan that their delegate signed', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  repository.publishTargets()
  repository.publishSnapshot()
  const after = run(trusted, repository.files)
  assert.deepEqual(paths(after.requests).slice(2), ['2.snapshot.json', '2.targets.json'])
  assert.equal(after.trusted.delegated.get('plans')?.version, 1)
})

test('a delegate whose key was replaced has to speak again', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  const stolen = repository.keys.plans
  repository.keys.plans = newSigners(1)
  repository.publishTargets()
  repository.publishSnapshot()
  assert.equal(refused(trusted, repository)[0], 'tuf/threshold', 'the old plan under the new key')
  repository.publishPlans()
  repository.publishSnapshot()
  const after = run(trusted, repository.files).trusted
  assert.equal(after.delegated.get('plans')?.version, 2)
  repository.keys.plans = stolen
  repository.publishPlans()
  repository.publishSnapshot()
  assert.equal(refused(after, repository)[0], 'tuf/threshold', 'a new plan under the old key')
})

test('a delegate that no snapshot lists is silent, and no delegation is fine', () => {
  const repository = new Repository()
  repository.publishSnapshot(new Map([['targets.json', 1]]))
  const { trusted, requests } = run(trustRoot(repository.file('1.root.json')), repository.files)
  assert.equal(trusted.delegated.size, 0)
  assert.equal(requests.length, 4)
})

test('a chain of root rotations is followed key by key', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  for (let i = 0; i < 3; i++) {
    const old = repository.keys.root
    repository.keys.root = newSigners(2)
    repository.publishRoot(undefined, old)
  }
  assert.equal(run(start, repository.files).trusted.root.version, 4)
})

test('an expired root on the way is no obstacle, an expired last root is', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  repository.publishRoot(NOW_MS - DAY_MS)
  assert.equal(refused(start, repository)[0], 'tuf/expired')
  repository.publishRoot()
  assert.equal(run(start, repository.files).trusted.root.version, 3)
})

test(`${ROOT_ROTATIONS_MAX} rotations are followed, one more is not, and what was reached can be kept`, () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  for (let i = 0; i < ROOT_ROTATIONS_MAX; i++) repository.publishRoot()
  assert.equal(run(start, repository.files).trusted.root.version, 1 + ROOT_ROTATIONS_MAX)
  repository.publishRoot()
  const [code, requests] = refused(start, repository)
  assert.equal(code, 'tuf/too-many-rotations')
  const { reached } = requests.at(-1) as FetchRequest
  assert.equal(run(reached, repository.files).trusted.root.version, 2 + ROOT_ROTATIONS_MAX)
})

for (const role of ['timestamp', 'snapshot'] as const) {
  test(`after a fast-forward attack, new ${role} keys bring the versions back down`, () => {
    const repository = new Repository()
    repository.versions.timestamp = 1_000_000
    repository.versions.snapshot = 1_000_000
    repository.publishSnapshot()
    const trusted = follow(repository)
    repository.versions.timestamp = 5
    repository.versions.snapshot = 5
    repository.publishSnapshot()
    assert.equal(refused(trusted, repository)[0], 'tuf/version')
    repository.keys[role] = newSigners(1)
    repository.publishRoot()
    repository.publishSnapshot()
    const after = run(trusted, repository.files).trusted
    assert.equal(after.timestamp?.version, 7)
    assert.equal(after.snapshot?.version, 7)
  })
}

test('new targets keys discard the targets that the old ones signed', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  repository.keys.targets = newSigners(2)
  repository.publishRoot()
  repository.publishSnapshot()
  const [code, requests] = refused(trusted, repository)
  assert.equal(code, 'tuf/threshold')
  assert.equal(requests.at(-1)?.reached.targets, null)
  repository.publishTargets()
  repository.publishSnapshot()
  assert.equal(run(trusted, repository.files).trusted.targets?.version, 2)
})

test('a key that is added to a role discards nothing', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  const added = newSigners(1)[0]
  assert.ok(added)
  repository.keys.root = [...repository.keys.root, added]
  repository.publishRoot()
  assert.deepEqual(paths(run(trusted, repository.files).requests), ['2.root.json', '3.root.json', 'timestamp.json'])
})

test('a key revoked by a root stays revoked though the refresh fails later on', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  const stolen = repository.keys.timestamp
  repository.keys.timestamp = newSigners(1)
  repository.publishRoot()
  const [code, requests] = refused(trusted, repository)
  assert.equal(code, 'tuf/threshold')
  const reached = requests.at(-1)?.reached
  assert.equal(reached?.root.version, 2)
  repository.files.delete('2.root.json')
  repository.keys.timestamp = stolen
  repository.publishTimestamp()
  assert.equal(refused(reached, repository)[0], 'tuf/threshold')
})

test('a clock set back does not revive what has expired', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  const late = NOW_MS + 2 * DAY_MS
  const [code, requests] = refused(trusted, repository, late)
  assert.equal(code, 'tuf/expired')
  const reached = requests.at(-1)?.reached as TrustedMetadata
  assert.equal(reached.latestSeenMs, NOW_MS + DAY_MS)
  assert.equal(refused(reached, repository, NOW_MS)[0], 'tuf/expired')
})

test('a clock that jumped years ahead does not lock the host out after its correction', () => {
  const repository = new Repository()
  const [, requests] = refused(follow(repository), repository, NOW_MS + 20_000 * DAY_MS)
  const reached = requests.at(-1)?.reached as TrustedMetadata
  repository.publishTimestamp(NOW_MS + 3 * DAY_MS)
  assert.equal(run(reached, repository.files, NOW_MS).trusted.timestamp?.version, 2)
})

test('the floor under the clock rises with every good refresh', () => {
  const repository = new Repository()
  const trusted = run(follow(repository), repository.files, NOW_MS + 1000).trusted
  assert.equal(trusted.latestSeenMs, NOW_MS + 1000)
  assert.equal(run(trusted, repository.files, NOW_MS).trusted.latestSeenMs, NOW_MS + 1000)
})

for (const nowMs of [Number.NaN, -1, 0.5, Infinity]) {
  test(`a clock that reads ${nowMs} is a bug, not a time at which nothing has expired`, () => {
    const repository = new Repository()
    const trusted = trustRoot(repository.file('1.root.json'))
    assert.throws(() => run(trusted, repository.files, nowMs), { code: 'kernel/bug' })
  })
}

test('bytes that the caller reuses do not change what is trusted', () => {
  const repository = new Repository()
  const buffer = repository.file('1.root.json')
  const trusted = trustRoot(buffer)
  const before = trusted.root.bytes.slice()
  buffer.fill(0)
  assert.deepEqual(trusted.root.bytes, before)
})

test('a higher threshold discards what fewer keys had signed', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  repository.keys.timestamp = [...repository.keys.timestamp, ...newSigners(1)]
  repository.publishRoot()
  const [code, requests] = refused(trusted, repository)
  assert.equal(code, 'tuf/threshold')
  assert.equal(requests.at(-1)?.reached.timestamp, null)
  repository.publishTimestamp()
  assert.equal(run(trusted, repository.files).trusted.timestamp?.version, 2)
})

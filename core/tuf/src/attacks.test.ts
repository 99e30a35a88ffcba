import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { TIMESTAMP_SIZE_BYTES_MAX } from './limits.ts'
import { signSnapshot, signTimestamp } from './publish.ts'
import {
  type Attack,
  DAY_MS,
  follow,
  NOW_MS,
  Repository,
  run,
  secondEdition,
  signedOf,
  signRaw,
  swapTargets,
} from './repository.fixture.ts'
import { trustRoot } from './trusted.ts'

/** What whoever controls the network, or an online key, can try; see also `forgeries.test.ts`. */

const EXPIRES_MS = NOW_MS + DAY_MS

const rollbacks: readonly Attack[] = [
  {
    name: 'an older root under the next name',
    code: 'tuf/version',
    act: (repository) => repository.files.set('2.root.json', repository.file('1.root.json')),
  },
  {
    name: 'a root that skips a version',
    code: 'tuf/version',
    act: (repository) => {
      repository.versions.root++
      repository.publishRoot()
      repository.files.set('2.root.json', repository.file('3.root.json'))
    },
  },
  {
    name: 'an older timestamp',
    code: 'tuf/version',
    act: (repository) => repository.putTimestamp(1, 2),
  },
  {
    name: 'a newer timestamp of an older snapshot',
    code: 'tuf/version',
    act: (repository) => repository.putTimestamp(9, 1),
  },
  {
    name: 'an older snapshot under the name of a newer one',
    code: 'tuf/version',
    act: (repository) => {
      repository.versions.snapshot++
      repository.putSnapshot(repository.file('2.snapshot.json'))
    },
  },
  {
    name: 'a newer snapshot of older targets',
    code: 'tuf/version',
    act: (repository) =>
      repository.publishSnapshot(
        new Map([
          ['targets.json', 1],
          ['plans.json', 2],
        ]),
      ),
  },
  {
    name: 'a newer snapshot of an older delegated role',
    code: 'tuf/version',
    act: (repository) =>
      repository.publishSnapshot(
        new Map([
          ['targets.json', 2],
          ['plans.json', 1],
        ]),
      ),
  },
  {
    name: 'a newer snapshot without the delegated role',
    code: 'tuf/version',
    act: (repository) => repository.publishSnapshot(new Map([['targets.json', 2]])),
  },
  {
    name: 'older targets under the name of newer ones',
    code: 'tuf/version',
    act: (repository) => swapTargets(repository, repository.file('1.targets.json')),
  },
  {
    name: 'an older delegated role under the name of a newer one',
    code: 'tuf/version',
    act: (repository) => {
      repository.files.set('3.plans.json', repository.file('1.plans.json'))
      repository.versions.plans++
      repository.publishSnapshot()
    },
  },
]

const freezes: readonly Attack[] = [
  { name: 'nothing new until the timestamp expires', code: 'tuf/expired', act: () => {}, nowMs: EXPIRES_MS },
  {
    name: 'a timestamp that has expired',
    code: 'tuf/expired',
    act: (repository) => repository.publishTimestamp(NOW_MS),
  },
  {
    name: 'a snapshot that has expired',
    code: 'tuf/expired',
    act: (repository) => repository.publishSnapshot(undefined, NOW_MS),
  },
  {
    name: 'targets that have expired',
    code: 'tuf/expired',
    act: (repository) => {
      repository.publishTargets(NOW_MS)
      repository.publishSnapshot()
    },
  },
  {
    name: 'a delegated role that has expired',
    code: 'tuf/expired',
    act: (repository) => {
      repository.publishPlans(NOW_MS)
      repository.publishSnapshot()
    },
  },
]

const mixes: readonly Attack[] = [
  {
    name: 'another snapshot than the timestamp names',
    code: 'tuf/hash',
    act: (repository) => {
      repository.publishSnapshot()
      const other = signSnapshot(
        { version: 3, expiresAtMs: EXPIRES_MS, versions: new Map([['targets.json', 2]]) },
        repository.keys.snapshot,
      )
      repository.files.set('3.snapshot.json', other)
    },
  },
  {
    name: 'a snapshot cut short',
    code: 'tuf/hash',
    act: (repository) => {
      repository.publishSnapshot()
      repository.files.set('3.snapshot.json', repository.file('3.snapshot.json').subarray(0, -1))
    },
  },
  {
    name: 'targets of another version than the snapshot names',
    code: 'tuf/version',
    act: (repository) => {
      repository.publishTargets()
      repository.publishTargets()
      repository.versions.targets = 3
      repository.files.set('3.targets.json', repository.file('4.targets.json'))
      repository.publishSnapshot()
    },
  },
  {
    name: 'a snapshot in the place of the timestamp',
    code: 'tuf/threshold',
    act: (repository) => repository.files.set('timestamp.json', repository.file('2.snapshot.json')),
  },
  {
    name: 'a snapshot in the place of the timestamp, signed by the timestamp key',
    code: 'tuf/malformed',
    act: (repository) => {
      const signed = signedOf(repository.file('2.snapshot.json'))
      repository.files.set('timestamp.json', signRaw(signed, repository.keys.timestamp))
    },
  },
]

const withholding: readonly Attack[] = (['timestamp', '3.snapshot', '3.targets', '3.plans'] as const).map((name) => ({
  name: `${name}.json withheld`,
  code: 'tuf/missing',
  act: (repository: Repository) => {
    repository.publishTargets()
    repository.publishPlans()
    repository.publishSnapshot()
    repository.files.delete(`${name}.json`)
  },
}))

const endless: readonly Attack[] = [
  {
    name: 'a timestamp without end',
    code: 'tuf/too-large',
    act: (repository) => repository.files.set('timestamp.json', new Uint8Array(TIMESTAMP_SIZE_BYTES_MAX + 1)),
  },
  {
    name: 'a snapshot longer than its signed length',
    code: 'tuf/too-large',
    act: (repository) => {
      repository.publishSnapshot()
      const longer = new Uint8Array(repository.file('3.snapshot.json').length + 1)
      repository.files.set('3.snapshot.json', longer)
    },
  },
  ...['2.root.json', '3.targets.json', '3.plans.json'].map((path): Attack => ({
    name: `${path} without end`,
    code: 'tuf/too-large',
    act: (repository) => {
      repository.publishTargets()
      repository.publishPlans()
      repository.publishSnapshot()
      repository.files.set(path, new Uint8Array(5_000_001))
    },
  })),
]

for (const { name, code, act, nowMs = NOW_MS } of [...rollbacks, ...freezes, ...mixes, ...withholding, ...endless]) {
  test(`${code}: ${name}`, () => {
    const repository = secondEdition()
    const trusted = follow(repository)
    act(repository)
    assert.throws(() => run(trusted, repository.files, nowMs), { code })
  })
}

test('tuf/version: a newer timestamp of an older snapshot that lists the same versions', () => {
  const repository = new Repository()
  repository.publishSnapshot()
  const trusted = follow(repository)
  repository.putTimestamp(9, 1)
  assert.throws(() => run(trusted, repository.files), { code: 'tuf/version' })
})

for (const role of ['snapshot', 'targets', 'plans'] as const) {
  test(`tuf/expired: an unchanged ${role} that expires behind a fresh timestamp`, () => {
    const repository = new Repository()
    const soonMs = NOW_MS + 2 * DAY_MS
    const lateMs = NOW_MS + 99 * DAY_MS
    repository.publishTargets(role === 'targets' ? soonMs : lateMs)
    repository.publishPlans(role === 'plans' ? soonMs : lateMs)
    repository.publishSnapshot(undefined, role === 'snapshot' ? soonMs : lateMs)
    const trusted = follow(repository)
    repository.publishTimestamp(lateMs)
    run(trusted, repository.files, soonMs - 1)
    assert.throws(() => run(trusted, repository.files, soonMs), {
      code: 'tuf/expired',
      message: `Cannot trust ${role}: it has expired`,
    })
  })
}

test('each request says how many bytes to read at most: for a snapshot, its signed length', () => {
  const repository = new Repository()
  const { requests } = run(trustRoot(repository.file('1.root.json')), repository.files)
  assert.deepEqual(
    requests.map(({ bytesMax }) => bytesMax),
    [512_000, 16_384, repository.file('1.snapshot.json').length, 5_000_000, 5_000_000],
  )
})

test('a signed length of a snapshot above the limit is not even asked for', () => {
  const snapshot = { version: 1, lengthBytes: 2_000_001, sha256: sha256Hex('') }
  assert.throws(() => signTimestamp({ version: 1, expiresAtMs: EXPIRES_MS, snapshot }, []), { code: 'tuf/malformed' })
})

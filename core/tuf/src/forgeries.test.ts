import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { type Json, parseJson, utf8Encode } from '@firebreak/kernel'
import { findTarget, verifyTarget } from './lookup.ts'
import { signTargets } from './publish.ts'
import {
  type Attack,
  DAY_MS,
  follow,
  IMAGE,
  newSigners,
  NOW_MS,
  Repository,
  run,
  secondEdition,
  signedOf,
  signRaw,
  swapTargets,
  targetFile,
} from './repository.fixture.ts'

/** The keys of a role, which the type checker can't know to be there. */
function first<T>(list: readonly T[]): T {
  const [one] = list
  assert.ok(one !== undefined)
  return one
}

/** A delegated role's file with any content, listed by a new snapshot. */
function sayAsPlans(repository: Repository, signed: Json): void {
  const version = ++repository.versions.plans
  repository.files.set(`${version}.plans.json`, signRaw(signed, repository.keys.plans))
  repository.publishSnapshot()
}

const EXPIRES_MS = NOW_MS + DAY_MS

function next(repository: Repository): { version: number; expiresAtMs: number } {
  return { version: repository.versions.targets + 1, expiresAtMs: EXPIRES_MS }
}

const forgeries: readonly Attack[] = [
  {
    name: 'a root by the new keys alone',
    code: 'tuf/threshold',
    act: (repository) => {
      repository.keys.root = newSigners(2)
      repository.publishRoot()
    },
  },
  {
    name: 'a root by one old key and both new ones',
    code: 'tuf/threshold',
    act: (repository) => {
      const old = first(repository.keys.root)
      repository.keys.root = newSigners(2)
      repository.publishRoot(undefined, [old])
    },
  },
  {
    name: 'a root by the old keys alone',
    code: 'tuf/threshold',
    act: (repository) => {
      const old = repository.keys.root
      repository.keys.root = newSigners(2)
      repository.publishRoot()
      repository.files.set('2.root.json', signRaw(signedOf(repository.file('2.root.json')), old))
    },
  },
  {
    name: 'a timestamp by an unknown key',
    code: 'tuf/threshold',
    act: (repository) => {
      repository.keys.timestamp = newSigners(1)
      repository.publishTimestamp()
    },
  },
  {
    name: 'targets by one of two keys',
    code: 'tuf/threshold',
    act: (repository) => {
      const content = { ...next(repository), targets: [], delegation: null }
      swapTargets(repository, signTargets(content, [first(repository.keys.targets)]))
    },
  },
  {
    name: 'targets by one key, its signature twice',
    code: 'tuf/malformed',
    act: (repository) => {
      const one = first(repository.keys.targets)
      const file = signTargets({ ...next(repository), targets: [], delegation: null }, [one])
      swapTargets(repository, signRaw(signedOf(file), [one, one]))
    },
  },
  {
    name: 'targets by one key, its signature again under the other key id',
    code: 'tuf/threshold',
    act: (repository) => {
      const [one, other] = repository.keys.targets
      assert.ok(one && other)
      const file = signTargets({ ...next(repository), targets: [], delegation: null }, [one])
      const impostor = { publicKey: other.publicKey, sign: one.sign.bind(one) }
      swapTargets(repository, signRaw(signedOf(file), [one, impostor]))
    },
  },
  {
    name: 'targets by the plans key',
    code: 'tuf/threshold',
    act: (repository) => {
      const content = { ...next(repository), targets: [], delegation: null }
      swapTargets(repository, signTargets(content, repository.keys.plans))
    },
  },
  {
    name: 'a delegated role by the targets keys',
    code: 'tuf/threshold',
    act: (repository) => {
      repository.keys.plans = repository.keys.targets
      repository.publishPlans()
      repository.publishSnapshot()
    },
  },
  {
    name: 'an unknown member slipped into what was signed',
    code: 'tuf/threshold',
    act: (repository) => {
      repository.publishTimestamp()
      const file = parseJson(repository.file('timestamp.json'), 16_384, 'timestamp') as {
        signatures: Json
        signed: object
      }
      const forged = JSON.stringify({ signatures: file.signatures, signed: { ...file.signed, x: 1 } })
      repository.files.set('timestamp.json', utf8Encode(forged))
    },
  },
]

const escapes: readonly Attack[] = [
  {
    name: 'the plans key introduces a release',
    code: 'tuf/delegation',
    act: (repository) => {
      repository.plans = [targetFile('releases/linux/9.9.9.image', utf8Encode('evil'))]
      repository.publishPlans()
      repository.publishSnapshot()
    },
  },
  {
    name: 'the plans key speaks below its folder',
    code: 'tuf/delegation',
    act: (repository) => {
      repository.plans = [targetFile('plans/deep/current.json', utf8Encode('evil'))]
      repository.publishPlans()
      repository.publishSnapshot()
    },
  },
  {
    name: 'the plans key climbs out of its folder',
    code: 'tuf/malformed',
    act: (repository) => {
      const entry = { length: 1, hashes: { sha256: sha256Hex('e') } }
      const signed = { ...signedOf(repository.file('2.plans.json')), version: 3 }
      sayAsPlans(repository, { ...signed, targets: { 'plans/../releases/e.image': entry } })
    },
  },
  {
    name: 'the plans key delegates further',
    code: 'tuf/delegation',
    act: (repository) => {
      const signed = { ...signedOf(repository.file('2.plans.json')), version: 3 }
      const { delegations = null } = signedOf(repository.file('2.targets.json'))
      sayAsPlans(repository, { ...signed, delegations })
    },
  },
]

for (const { name, code, act } of [...forgeries, ...escapes]) {
  test(`${code}: ${name}`, () => {
    const repository = secondEdition()
    const trusted = follow(repository)
    act(repository)
    assert.throws(() => run(trusted, repository.files), { code })
  })
}

test('arbitrary software: only the named bytes are the target', () => {
  const file = findTarget(follow(new Repository()), 'releases/linux/1.0.0.image')
  assert.ok(file)
  verifyTarget(file, IMAGE)
  assert.throws(() => verifyTarget(file, utf8Encode('evil img')), { code: 'tuf/hash' })
  assert.throws(() => verifyTarget(file, IMAGE.subarray(1)), { code: 'tuf/hash' })
  assert.throws(() => verifyTarget(file, new Uint8Array(IMAGE.length + 1)), { code: 'tuf/too-large' })
})

test('a delegate cannot overrule the role that delegates', () => {
  const repository = new Repository()
  const path = 'plans/current.json'
  const ours = targetFile(path, utf8Encode('pinned'))
  repository.targets.push(ours)
  repository.publishTargets()
  repository.publishSnapshot()
  assert.equal(findTarget(follow(repository), path)?.sha256, ours.sha256)
})

test('even in a state put together by hand, a delegate is not asked about paths that are not its own', () => {
  const trusted = follow(new Repository())
  const { targets } = trusted
  assert.ok(targets)
  const empty = { ...targets, targets: new Map() }
  const forged = { ...trusted, targets: empty, delegated: new Map([['plans', targets]]) }
  assert.equal(findTarget(forged, 'releases/linux/1.0.0.image'), null)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex, type Signer } from '@firebreak/crypto'
import { concatBytes, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { keyId } from './keys.ts'
import { addSignatures, signRoot, signSnapshot, signTargets, signTimestamp } from './publish.ts'
import { IMAGE, newSigners, NOW_MS, Repository, roleOf, signedOf, targetFile } from './repository.fixture.ts'
import { acceptRoot, acceptTargets, metadataVersions, trustRoot } from './trusted.ts'

const head = { version: 1, expiresAtMs: NOW_MS }
const [first, second] = newSigners(2) as [Signer, Signer]

test('a key id is the digest of the canonical key', () => {
  const key = 'ab'.repeat(32)
  const canonical = `{"keytype":"ed25519","keyval":{"public":"${key}"},"scheme":"ed25519"}`
  assert.equal(keyId(key), sha256Hex(canonical))
})

test('approvers sign one after another, in any order, and twice if they like', () => {
  const content = { ...head, targets: [targetFile('a', IMAGE, { note: 'two\nlines' })], delegation: null }
  const together = signTargets(content, [first, second])
  const alone = signTargets(content, [first])
  assert.notDeepEqual(alone, together)
  assert.deepEqual(addSignatures(alone, [second]), together)
  assert.deepEqual(addSignatures(signTargets(content, [second]), [first]), together)
  assert.deepEqual(addSignatures(together, [first]), together)
})

test('equal content gives equal bytes', () => {
  const files = ['b', 'a', '__proto__'].map((path) => targetFile(path, IMAGE))
  const one = signTargets({ ...head, targets: files, delegation: null }, [first])
  assert.deepEqual(signTargets({ ...head, targets: files.toReversed(), delegation: null }, [first]), one)
})

const whole = utf8Decode(signTargets({ ...head, targets: [], delegation: null }, [first]))
const strange: readonly [name: string, text: string][] = [
  ['white space', whole.replace('{', '{ ')],
  ['a line break at the end', `${whole}\n`],
  ['another spelling of a letter', whole.replace('targets', String.raw`\u0074argets`)],
  ['a member twice', whole.replace('"signed":', '"signed":{},"signed":')],
  ['a member that we never write', whole.replace('{"signatures"', '{"x":1,"signatures"')],
  ['no JSON', whole.slice(1)],
]
for (const [name, text] of strange) {
  test(`a file with ${name} is not signed`, () => {
    assert.throws(() => addSignatures(utf8Encode(text), [second]), { code: 'tuf/malformed' })
  })
}

test('a file that is too long is not signed', () => {
  const long = concatBytes([utf8Encode(whole), new Uint8Array(5_000_000)])
  assert.throws(() => addSignatures(long, [second]), { code: 'tuf/too-large' })
})

const role = roleOf([first])
const roles = { root: role, targets: role, snapshot: role, timestamp: role }
const link = { version: 1, lengthBytes: 1, sha256: sha256Hex('') }
const unpublishable: readonly [name: string, code: string, publish: () => Uint8Array][] = [
  ['version 0', 'tuf/malformed', () => signTimestamp({ ...head, version: 0, snapshot: link }, [first])],
  ['no time', 'tuf/malformed', () => signTimestamp({ ...head, expiresAtMs: Number.NaN, snapshot: link }, [first])],
  ['a bad digest', 'tuf/malformed', () => signTimestamp({ ...head, snapshot: { ...link, sha256: 'x' } }, [first])],
  ['no targets.json', 'tuf/malformed', () => signSnapshot({ ...head, versions: new Map() }, [first])],
  [
    'a role that nobody can meet',
    'tuf/malformed',
    () => signRoot({ ...head, roles: { ...roles, targets: roleOf([first], 2) } }, [first]),
  ],
  [
    'a key twice in a role',
    'tuf/malformed',
    () => signRoot({ ...head, roles: { ...roles, targets: roleOf([first, first]) } }, [first]),
  ],
  [
    'a path twice',
    'tuf/malformed',
    () => signTargets({ ...head, targets: [targetFile('a', IMAGE), targetFile('a', IMAGE)], delegation: null }, []),
  ],
  [
    'a path that climbs',
    'tuf/malformed',
    () => signTargets({ ...head, targets: [targetFile('../a', IMAGE)], delegation: null }, []),
  ],
  [
    'a fraction in custom data',
    'tuf/malformed',
    () => signTargets({ ...head, targets: [targetFile('a', IMAGE, 0.5)], delegation: null }, []),
  ],
  [
    'a delegate called root',
    'tuf/delegation',
    () => signTargets({ ...head, targets: [], delegation: { name: 'root', keys: role, paths: ['a'] } }, []),
  ],
]
for (const [name, code, publish] of unpublishable) {
  test(`${name} is not published: ${code}`, () => assert.throws(publish, { code }))
}

test('expiry is cut to whole seconds', () => {
  const file = signTimestamp({ version: 1, expiresAtMs: 1_999, snapshot: link }, [first])
  assert.equal(signedOf(file)['expires'], '1970-01-01T00:00:01Z')
})

test('the publisher accepts targets with a higher version, enough keys and time left', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  const one = acceptTargets(start, repository.file('1.targets.json'), NOW_MS)
  assert.equal(metadataVersions(one).get('targets'), 1)
  assert.throws(() => acceptTargets(one, repository.file('1.targets.json'), NOW_MS), { code: 'tuf/version' })
  repository.publishTargets()
  const file = repository.file('2.targets.json')
  assert.equal(acceptTargets(one, file, NOW_MS).targets?.version, 2)
  assert.throws(() => acceptTargets(one, file, NOW_MS * 2), { code: 'tuf/expired' })
  const [approver] = repository.keys.targets
  const content = { version: 3, expiresAtMs: NOW_MS + 1000, targets: [], delegation: null }
  const half = signTargets(content, approver ? [approver] : [])
  assert.throws(() => acceptTargets(one, half, NOW_MS), { code: 'tuf/threshold' })
  assert.equal(acceptTargets(one, addSignatures(half, repository.keys.targets), NOW_MS).targets?.version, 3)
})

test('the publisher accepts the next root, and only that', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  repository.publishRoot()
  repository.publishRoot()
  assert.equal(acceptRoot(start, repository.file('2.root.json')).root.version, 2)
  assert.throws(() => acceptRoot(start, repository.file('3.root.json')), { code: 'tuf/version' })
  assert.throws(() => acceptRoot(start, repository.file('1.root.json')), { code: 'tuf/version' })
})

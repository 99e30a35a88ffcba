import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { errorCode, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { findTarget } from './lookup.ts'
import type { FetchRequest } from './refresh.ts'
import { DAY_MS, follow, newSigners, NOW_MS, Repository, run } from './repository.fixture.ts'
import { decodeTrusted, encodeTrusted } from './stored.ts'
import { metadataVersions, trustRoot } from './trusted.ts'

/** The document with `change` made to its body and the digest set right, as whoever owns the disk could. */
function tampered(document: Uint8Array, change: (body: string) => string): Uint8Array {
  const body = change(utf8Decode(document.subarray(65)))
  return utf8Encode(`${sha256Hex(body)}\n${body}`)
}

function withMember(name: string, value: unknown): (body: string) => string {
  return (body) => JSON.stringify({ ...(JSON.parse(body) as object), [name]: value })
}

test('what is stored comes back, at every stage of a refresh', () => {
  const repository = new Repository()
  const { trusted, requests } = run(trustRoot(repository.file('1.root.json')), repository.files)
  for (const state of [...requests.map(({ reached }) => reached), trusted]) {
    assert.deepEqual(decodeTrusted(encodeTrusted(state)), state)
  }
})

test('expired metadata is read, and refused by the next refresh', () => {
  const repository = new Repository()
  const stored = encodeTrusted(follow(repository))
  const trusted = decodeTrusted(stored)
  assert.ok(findTarget(trusted, 'plans/current.json'))
  assert.throws(() => run(trusted, repository.files, NOW_MS + 9 * DAY_MS), { code: 'tuf/expired' })
})

test('the floor under the clock is stored', () => {
  const repository = new Repository()
  assert.equal(decodeTrusted(encodeTrusted(follow(repository))).latestSeenMs, NOW_MS)
})

test('every changed byte and every prefix is refused', () => {
  const stored = encodeTrusted(follow(new Repository()))
  for (let at = 0; at < stored.length; at++) {
    const changed = stored.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => decodeTrusted(changed), { code: 'tuf/hash' }, `byte ${at}`)
    assert.throws(() => decodeTrusted(stored.subarray(0, at)), { code: 'tuf/hash' }, `prefix ${at}`)
  }
})

test('a document that is not text is refused', () => {
  assert.throws(() => decodeTrusted(new Uint8Array(200).fill(0xff)), { code: 'tuf/malformed' })
})

const other = new Repository()
const changes: readonly [name: string, code: string, change: (body: string) => string][] = [
  ['another format', 'tuf/malformed', withMember('format', 'firebreak-trusted-metadata-0')],
  ['no root', 'tuf/malformed', withMember('root', null)],
  ['a floor before time began', 'tuf/malformed', withMember('latestSeenMs', -1)],
  ['the root of another repository', 'tuf/threshold', withMember('root', utf8Decode(other.file('1.root.json')))],
  ['the timestamp of another', 'tuf/threshold', withMember('timestamp', utf8Decode(other.file('timestamp.json')))],
  ['the snapshot of another', 'tuf/threshold', withMember('snapshot', utf8Decode(other.file('1.snapshot.json')))],
  ['the targets of another', 'tuf/threshold', withMember('targets', utf8Decode(other.file('1.targets.json')))],
  ['the plans of another', 'tuf/threshold', withMember('delegated', { plans: utf8Decode(other.file('1.plans.json')) })],
  ['a role that nobody delegates to', 'tuf/delegation', withMember('delegated', { constructor: '{}' })],
  ['a role without a delegator', 'tuf/delegation', withMember('targets', null)],
  ['no JSON', 'tuf/malformed', (body) => body.slice(1)],
]
for (const [name, code, change] of changes) {
  test(`a document with ${name} is refused: ${code}`, () => {
    const stored = encodeTrusted(follow(new Repository()))
    assert.throws(() => decodeTrusted(tampered(stored, change)), { code })
  })
}

test('what a rotation leaves behind can be read back', () => {
  const repository = new Repository()
  const trusted = follow(repository)
  repository.keys.targets = newSigners(2)
  repository.keys.snapshot = newSigners(1)
  repository.publishRoot()
  const requests: FetchRequest[] = []
  try {
    run(trusted, repository.files, NOW_MS, requests)
    assert.fail('the snapshot is signed by the old key')
  } catch (error) {
    assert.equal(errorCode(error), 'tuf/threshold')
  }
  for (const { reached } of requests) {
    assert.deepEqual(metadataVersions(decodeTrusted(encodeTrusted(reached))), metadataVersions(reached))
  }
})

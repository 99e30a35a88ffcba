import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode, type Json, utf8Encode } from '@firebreak/kernel'
import { TufError } from './errors.ts'
import { readRoot, readSnapshot, readTargets, readTimestamp } from './metadata.ts'
import { follow, Repository, run, signedOf, signRaw } from './repository.fixture.ts'
import { trustRoot } from './trusted.ts'

interface Malformed {
  readonly name: string
  readonly role: 'root' | 'timestamp' | 'snapshot' | 'targets'
  /** Members of the signed part that the row changes; undefined takes one away. */
  readonly change: { readonly [key: string]: Json | undefined }
  readonly code?: string
}

const repository = new Repository()
const good = {
  root: signedOf(repository.file('1.root.json')),
  timestamp: signedOf(repository.file('timestamp.json')),
  snapshot: signedOf(repository.file('1.snapshot.json')),
  targets: signedOf(repository.file('1.targets.json')),
}
const readers = {
  root: readRoot,
  timestamp: readTimestamp,
  snapshot: readSnapshot,
  targets: (signed: Json) => readTargets(signed, true),
}

type Table = { readonly [key: string]: Json }
const keys = good.root['keys'] as Table
const roles = good.root['roles'] as { readonly [name: string]: { keyids: string[]; threshold: number } }
const [someId = '', otherId = ''] = roles['root']?.keyids ?? []
const targetsRole = roles['targets']
const delegations = good.targets['delegations'] as { readonly keys: Table; readonly roles: readonly Table[] }
const role = delegations.roles[0] as Table
const hashes = { sha256: '0'.repeat(64) }

function withRole(change: Table): { readonly [key: string]: Json } {
  return { delegations: { ...delegations, roles: [{ ...role, ...change }] } }
}

function withRootRole(change: Json): { readonly [key: string]: Json } {
  return { roles: { ...roles, targets: change } }
}

const rows: readonly Malformed[] = [
  ...([0, -1, 1.5, '1', null, true, [1], 2 ** 31, undefined] as const).flatMap((version): Malformed[] =>
    (['root', 'timestamp', 'snapshot', 'targets'] as const).map((name) => ({
      name: `version ${JSON.stringify(version)}`,
      role: name,
      change: { version },
    })),
  ),
  { name: 'another type', role: 'timestamp', change: { _type: 'snapshot' } },
  { name: 'specification 2.0', role: 'timestamp', change: { spec_version: '2.0.0' } },
  { name: 'an expiry in another form', role: 'timestamp', change: { expires: '2027-01-15' } },
  { name: 'an expiry that is no day', role: 'timestamp', change: { expires: '2027-02-30T00:00:00Z' } },
  { name: 'an expiry as a number', role: 'timestamp', change: { expires: 1_800_000_000 } },

  { name: 'no consistent snapshots', role: 'root', change: { consistent_snapshot: false } },
  { name: 'no keys', role: 'root', change: { keys: undefined } },
  { name: 'a key under the id of another', role: 'root', change: { keys: { ...keys, [someId]: keys[otherId] ?? 0 } } },
  {
    name: 'one key under two ids',
    role: 'root',
    change: { keys: { ...keys, ['0'.repeat(64)]: keys[someId] ?? 0 } },
  },
  {
    name: 'an RSA key',
    role: 'root',
    change: { keys: { ...keys, x: { keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: 'x' } } } },
  },
  { name: 'a role without keys', role: 'root', change: withRootRole({ keyids: [], threshold: 1 }) },
  { name: 'a threshold of 0', role: 'root', change: withRootRole({ ...targetsRole, threshold: 0 }) },
  {
    name: 'a threshold that keys cannot meet',
    role: 'root',
    change: withRootRole({ ...targetsRole, threshold: 3 }),
  },
  { name: 'a threshold as text', role: 'root', change: withRootRole({ ...targetsRole, threshold: '2' }) },
  { name: 'a key id twice in a role', role: 'root', change: withRootRole({ keyids: [someId, someId], threshold: 2 }) },
  { name: 'an unknown key id', role: 'root', change: withRootRole({ keyids: ['constructor'], threshold: 1 }) },
  { name: 'no role for targets', role: 'root', change: { roles: { ...roles, targets: 0 } } },

  { name: 'no snapshot', role: 'timestamp', change: { meta: {} } },
  {
    name: 'a snapshot without a digest',
    role: 'timestamp',
    change: { meta: { 'snapshot.json': { version: 1, length: 9 } } },
  },
  {
    name: 'a snapshot without a length',
    role: 'timestamp',
    change: { meta: { 'snapshot.json': { version: 1, hashes } } },
  },
  {
    name: 'a snapshot that is too long',
    role: 'timestamp',
    change: { meta: { 'snapshot.json': { version: 1, length: 2_000_001, hashes } } },
  },

  { name: 'no targets', role: 'snapshot', change: { meta: { 'plans.json': { version: 1 } } } },
  {
    name: 'a file that climbs',
    role: 'snapshot',
    change: { meta: { 'targets.json': { version: 1 }, '../x.json': { version: 1 } } },
  },
  {
    name: 'a file called __proto__',
    role: 'snapshot',
    change: { meta: JSON.parse('{"targets.json":{"version":1},"__proto__":{"version":1}}') as Json },
  },

  ...['', '/', '/a', 'a/', 'a//b', '../a', 'a/..', 'a/./b', '.a', 'a b', 'a?b', 'a%2fb', 'a\\b', 'a\n', '\u00e9'].map(
    (path): Malformed => ({
      name: `the path ${JSON.stringify(path)}`,
      role: 'targets',
      change: { targets: { [path]: { length: 1, hashes } } },
    }),
  ),
  {
    name: 'a target without a digest',
    role: 'targets',
    change: { targets: { a: { length: 1, hashes: { sha512: '0' } } } },
  },
  { name: 'a target of negative length', role: 'targets', change: { targets: { a: { length: -1, hashes } } } },
  { name: 'a list of targets', role: 'targets', change: { targets: [] } },
  { name: 'a pattern with ?', role: 'targets', change: withRole({ paths: ['plans/?'] }) },
  { name: 'a pattern that climbs', role: 'targets', change: withRole({ paths: ['../*'] }) },
  { name: 'a delegate called __proto__', role: 'targets', change: withRole({ name: '__proto__' }) },
  { name: 'a delegate with a path for a name', role: 'targets', change: withRole({ name: '../plans' }) },
  {
    name: 'a delegate called timestamp',
    role: 'targets',
    code: 'tuf/delegation',
    change: withRole({ name: 'timestamp' }),
  },
  {
    name: 'path hash prefixes',
    role: 'targets',
    code: 'tuf/delegation',
    change: withRole({ path_hash_prefixes: ['00'] }),
  },
  { name: 'a delegation that may not end', role: 'targets', change: withRole({ terminating: 'yes' }) },
  {
    name: 'a delegation that does not end',
    role: 'targets',
    code: 'tuf/delegation',
    change: withRole({ terminating: false }),
  },
  {
    name: 'succinct roles',
    role: 'targets',
    code: 'tuf/delegation',
    change: { delegations: { keys: delegations.keys, succinct_roles: {} } },
  },
  {
    name: 'two delegates',
    role: 'targets',
    code: 'tuf/delegation',
    change: { delegations: { ...delegations, roles: [role, { ...role, name: 'more' }] } },
  },
]

for (const { name, role: type, change, code = 'tuf/malformed' } of rows) {
  test(`${type} with ${name}: ${code}`, () => {
    const signed = Object.fromEntries(
      Object.entries({ ...good[type], ...change }).filter((entry): entry is [string, Json] => entry[1] !== undefined),
    )
    assert.throws(() => readers[type](signed), { code })
  })
}

test('the rows start from files that are read', () => {
  for (const type of ['root', 'timestamp', 'snapshot', 'targets'] as const) assert.ok(readers[type](good[type]))
})

const envelopes: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['no object', '[]'],
  ['no signatures', '{"signed":{}}'],
  ['nothing signed', '{"signatures":[]}'],
  ['a list signed', '{"signatures":[],"signed":[]}'],
  ['a signature that is not hex', '{"signatures":[{"keyid":"a","sig":"zz"}],"signed":{}}'],
  ['a signature of half a byte', '{"signatures":[{"keyid":"a","sig":"0"}],"signed":{}}'],
  ['two signatures by one key', '{"signatures":[{"keyid":"a","sig":""},{"keyid":"a","sig":"00"}],"signed":{}}'],
  [
    '65 signatures',
    JSON.stringify({ signatures: Array.from({ length: 65 }, () => ({ keyid: 'a', sig: '' })), signed: {} }),
  ],
  ['a number that is not whole', '{"signatures":[],"signed":{"x":1.5}}'],
  ['two values', '{"signatures":[],"signed":{}}{}'],
  ['a byte order mark', '\ufeff{"signatures":[],"signed":{}}'],
]
for (const [name, text] of envelopes) {
  test(`a file with ${name} is malformed`, () => {
    assert.throws(() => trustRoot(utf8Encode(text)), { code: 'tuf/malformed' })
  })
}

test('a file that is not UTF-8 is malformed', () => {
  assert.throws(() => trustRoot(Uint8Array.of(0x7b, 0xff, 0x7d)), { code: 'tuf/malformed' })
})

test('a member that we do not know is covered by the signature and otherwise ignored', () => {
  const repository = new Repository()
  const signed = signedOf(repository.file('timestamp.json'))
  repository.files.set('timestamp.json', signRaw({ ...signed, x: { y: ['\u{e9}"\\'] } }, repository.keys.timestamp))
  assert.equal(follow(repository).timestamp?.version, 1)
})

test('no prefix of any file is taken for the file', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  const root = repository.file('1.root.json')
  for (let size = 0; size < root.length; size++) {
    assert.throws(() => trustRoot(root.subarray(0, size)), { code: 'tuf/malformed' })
  }
  for (const path of ['timestamp.json', '1.snapshot.json', '1.targets.json', '1.plans.json']) {
    const whole = repository.file(path)
    for (let size = 0; size < whole.length; size++) {
      const files = new Map(repository.files).set(path, whole.subarray(0, size))
      const code = path === '1.snapshot.json' ? 'tuf/hash' : 'tuf/malformed'
      assert.throws(() => run(start, files), { code })
    }
  }
})

test('a changed byte never passes for another statement', () => {
  const repository = new Repository()
  const start = trustRoot(repository.file('1.root.json'))
  const honest = signedOf(repository.file('timestamp.json'))
  const whole = repository.file('timestamp.json')
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    try {
      const { trusted } = run(start, new Map(repository.files).set('timestamp.json', changed))
      assert.deepEqual(signedOf(trusted.timestamp?.bytes ?? changed), honest)
    } catch (error) {
      assert.ok(error instanceof TufError, `byte ${at}: ${errorCode(error)}`)
    }
  }
})

test('hostile nesting ends in a typed error', () => {
  const deep = utf8Encode(`{"signatures":[],"signed":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`)
  assert.throws(() => trustRoot(deep), { code: 'tuf/malformed' })
})

test('a lone surrogate does not share its signature with U+FFFD', () => {
  const repository = new Repository()
  const signed = signedOf(repository.file('timestamp.json'))
  const file = signRaw({ ...signed, x: '\ufffd' }, repository.keys.timestamp)
  repository.files.set('timestamp.json', file)
  const { trusted } = run(trustRoot(repository.file('1.root.json')), repository.files)
  assert.ok(trusted.timestamp)
  const text = new TextDecoder().decode(file).replace('\ufffd', String.raw`\ud800`)
  repository.files.set('timestamp.json', utf8Encode(text))
  assert.throws(() => follow(repository), { code: 'tuf/malformed' })
})

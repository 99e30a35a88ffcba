import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { TufError } from './errors.ts'
import type { FetchRequest } from './refresh.ts'
import { DAY_MS, newSigners, NOW_MS, Repository, run } from './repository.fixture.ts'
import { decodeTrusted, encodeTrusted } from './stored.ts'
import { metadataVersions, type TrustedMetadata, trustRoot } from './trusted.ts'

/** What happens between two refreshes: to the repository by its owner, or on the wire. */
type Event =
  | { readonly kind: 'publish'; readonly what: 'targets' | 'plans' | 'timestamp' | 'root' }
  | { readonly kind: 'replay'; readonly path: string; readonly age: number }
  | { readonly kind: 'withhold' | 'forge' | 'flip'; readonly path: string; readonly at: number }
  | { readonly kind: 'clock'; readonly days: number }
  | { readonly kind: 'restart' }

const path = fc.constantFrom('timestamp.json', 'snapshot.json', 'targets.json', 'plans.json', 'root.json')
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('publish' as const),
    what: fc.constantFrom('targets', 'plans', 'timestamp', 'root'),
  }),
  fc.record({ kind: fc.constant('replay' as const), path, age: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constantFrom('withhold', 'forge', 'flip'), path, at: fc.nat(2000) }),
  fc.record({ kind: fc.constant('clock' as const), days: fc.integer({ min: -20, max: 20 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)

function publish(repository: Repository, what: 'targets' | 'plans' | 'timestamp' | 'root'): void {
  if (what === 'root') repository.publishRoot()
  else if (what === 'timestamp') repository.publishTimestamp()
  else {
    if (what === 'targets') repository.publishTargets()
    else repository.publishPlans()
    repository.publishSnapshot()
  }
}

/** The repository as the wire shows it: honest, but for the one file that `event` spoils. */
function seen(repository: Repository, timestamps: readonly Uint8Array[], event: Event): Map<string, Uint8Array> {
  const files = new Map(repository.files)
  if (event.kind === 'publish' || event.kind === 'clock' || event.kind === 'restart') return files
  for (const [name, bytes] of repository.files) {
    if (!name.endsWith(event.path)) continue
    if (event.kind === 'withhold') files.delete(name)
    else if (event.kind === 'forge') files.set(name, new Repository().file(name.replace(/^\d+/, '1')))
    else if (event.kind === 'replay') files.set(name, older(repository, timestamps, name, event.age))
    else files.set(name, flipped(bytes, event.at))
  }
  return files
}

function older(repository: Repository, timestamps: readonly Uint8Array[], name: string, age: number): Uint8Array {
  const current = repository.file(name)
  if (name === 'timestamp.json') return timestamps.at(-1 - age) ?? current
  const version = Number.parseInt(name, 10)
  return repository.files.get(name.replace(/^\d+/, String(version - age))) ?? current
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ 1
  return changed
}

/** Refreshes as an agent does: keeps what was reached when the refresh fails. */
function step(trusted: TrustedMetadata, files: ReadonlyMap<string, Uint8Array>, nowMs: number): TrustedMetadata {
  const requests: FetchRequest[] = []
  try {
    return run(trusted, files, nowMs, requests).trusted
  } catch (error) {
    assert.ok(error instanceof TufError, String(error))
    return requests.at(-1)?.reached ?? trusted
  }
}

function assertNothingFell(before: TrustedMetadata, after: TrustedMetadata): void {
  const versions = metadataVersions(after)
  for (const [role, version] of metadataVersions(before)) {
    const now = versions.get(role)
    assert.ok((now ?? 0) >= version, `${role} fell from ${version} to ${now}`)
  }
  assert.ok(after.latestSeenMs >= before.latestSeenMs)
}

test('over any history, no trusted version falls, and an honest repository is then followed to its end', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      const repository = new Repository()
      const timestamps = [repository.file('timestamp.json')]
      let trusted = trustRoot(repository.file('1.root.json'))
      let nowMs = NOW_MS
      for (const one of events) {
        if (one.kind === 'publish') publish(repository, one.what)
        if (one.kind === 'clock') nowMs = NOW_MS + one.days * DAY_MS
        if (one.kind === 'restart') trusted = decodeTrusted(encodeTrusted(trusted))
        timestamps.push(repository.file('timestamp.json'))
        const after = step(trusted, seen(repository, timestamps, one), nowMs)
        assertNothingFell(trusted, after)
        trusted = after
      }
      repository.publishPlans(NOW_MS + 99 * DAY_MS)
      repository.publishSnapshot(undefined, NOW_MS + 99 * DAY_MS)
      repository.publishTimestamp(NOW_MS + 2 * DAY_MS)
      const last = run(trusted, repository.files, NOW_MS).trusted
      assert.deepEqual(Object.fromEntries(metadataVersions(last)), repository.versions)
    }),
    { numRuns: 150 },
  )
})

test('a forger with keys of their own never gets a word in', () => {
  const repository = new Repository()
  const trusted = run(trustRoot(repository.file('1.root.json')), repository.files).trusted
  for (const role of ['root', 'targets', 'snapshot', 'timestamp', 'plans'] as const) {
    const forger = new Repository()
    Object.assign(forger.keys, repository.keys, { [role]: newSigners(2) })
    Object.assign(forger.versions, repository.versions)
    if (role === 'root') forger.publishRoot()
    // With the targets keys, naming another delegate would be no forgery.
    if (role !== 'plans') forger.publishTargets()
    forger.publishPlans()
    forger.publishSnapshot()
    const after = step(trusted, forger.files, NOW_MS)
    const forged = role === 'root' ? after.root.version : metadataVersions(after).get(role)
    assert.equal(forged, 1, role)
  }
})

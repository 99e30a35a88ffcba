import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Signer } from '@firebreak/crypto'
import { type Json, parseJson, toHex, utf8Encode } from '@firebreak/kernel'
import { Metadata, MetadataKind, Signature } from '@tufjs/models'
import * as fc from 'fast-check'
import { Updater } from 'tuf-js'
import { TufError } from './errors.ts'
import { keyId } from './keys.ts'
import { findTarget, targetFetchPath } from './lookup.ts'
import { follow, IMAGE, newSigners, PLAN, Repository, signedOf, signRaw, targetFile } from './repository.fixture.ts'
import { metadataVersions } from './trusted.ts'
import { verifyRoot, verifySnapshot, verifyTargets, verifyTimestamp } from './verify.ts'

/** tuf-js, the client of the TUF project in this language, is the oracle: it shares no code with this package. */

const TARGETS: readonly (readonly [path: string, bytes: Uint8Array])[] = [
  ['releases/linux/1.0.0.image', IMAGE],
  ['plans/current.json', PLAN],
]

/** Serves the repository on loopback until the test ends: metadata below /metadata/, target files below /targets/. */
async function serve(context: TestContext, repository: Repository): Promise<string> {
  const routes = new Map([...repository.files].map(([path, bytes]) => [`/metadata/${path}`, bytes]))
  for (const [path, bytes] of TARGETS) routes.set(`/targets/${targetFetchPath(targetFile(path, bytes))}`, bytes)
  const server = createServer((request, response) => {
    const bytes = routes.get(request.url ?? '')
    response.writeHead(bytes ? 200 : 404).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function newUpdater(context: TestContext, repository: Repository): Promise<Updater> {
  const folder = await mkdtemp(join(tmpdir(), 'tuf-js-'))
  context.after(() => rm(folder, { recursive: true }))
  const [metadataDir, targetDir] = [join(folder, 'metadata'), join(folder, 'targets')]
  await Promise.all([mkdir(metadataDir), mkdir(targetDir)])
  await writeFile(join(metadataDir, 'root.json'), repository.file('1.root.json'))
  const base = await serve(context, repository)
  return new Updater({
    metadataDir,
    targetDir,
    metadataBaseUrl: `${base}/metadata`,
    targetBaseUrl: `${base}/targets`,
    config: { fetchRetry: 0 },
  })
}

function publishedNow(): Repository {
  return new Repository(Date.now())
}

test('tuf-js refreshes from a repository of ours, through two root rotations, and downloads its targets', async (context) => {
  const repository = publishedNow()
  for (let i = 0; i < 2; i++) {
    const old = repository.keys.root
    repository.keys.root = newSigners(2)
    repository.publishRoot(undefined, old)
  }
  const updater = await newUpdater(context, repository)
  await updater.refresh()
  for (const [path, bytes] of TARGETS) {
    const info = await updater.getTargetInfo(path)
    assert.ok(info, path)
    assert.deepEqual(new Uint8Array(await readFile(await updater.downloadTarget(info))), bytes)
  }
  assert.equal(await updater.getTargetInfo('releases/linux/2.0.0.image'), undefined)
})

test('tuf-js finds no release in what a stolen plans key says, which we refuse as a whole', async (context) => {
  const repository = publishedNow()
  const path = 'releases/linux/9.9.9.image'
  repository.plans = [targetFile(path, utf8Encode('evil'))]
  repository.publishPlans()
  repository.publishSnapshot()
  const updater = await newUpdater(context, repository)
  assert.throws(() => follow(repository), { code: 'tuf/delegation' })
  await updater.refresh()
  assert.equal(await updater.getTargetInfo(path), undefined)
})

/** Takes the signatures off, and lets the models canonicalise, sign and write the file in their own way. */
function resign(file: Uint8Array, kind: MetadataKind, signers: readonly Signer[], more: object = {}): Uint8Array {
  const signed = { ...signedOf(file), ...more }
  const metadata = Metadata.fromJSON(kind as MetadataKind.Root, { signed, signatures: [] } as never)
  for (const signer of signers) {
    metadata.sign((bytes) => new Signature({ keyID: keyId(signer.publicKey), sig: toHex(signer.sign(bytes)) }))
  }
  return utf8Encode(JSON.stringify(metadata.toJSON(), null, 2))
}

test('metadata that @tufjs/models signed is accepted, unknown members and indentation included', () => {
  const repository = publishedNow()
  const { files, keys } = repository
  const more = { 'x-note': 'caf\u{e9} "quoted" \\ \u{1f600}', 'x-list': [null, true, { b: 1, a: [] }] }
  const again = (path: string, kind: MetadataKind, signers: readonly Signer[]): Uint8Array =>
    resign(repository.file(path), kind, signers, more)
  files.set('1.root.json', again('1.root.json', MetadataKind.Root, keys.root))
  files.set('1.targets.json', again('1.targets.json', MetadataKind.Targets, keys.targets))
  files.set('1.plans.json', again('1.plans.json', MetadataKind.Targets, keys.plans))
  repository.putSnapshot(again('1.snapshot.json', MetadataKind.Snapshot, keys.snapshot))
  files.set('timestamp.json', again('timestamp.json', MetadataKind.Timestamp, keys.timestamp))
  const trusted = follow(repository)
  assert.equal(metadataVersions(trusted).size, 5)
  assert.ok(findTarget(trusted, 'plans/current.json'))
})

/** Replaces the value at a random place of a JSON tree. */
function mutate(value: Json, steps: readonly number[], replacement: Json): Json {
  const [step, ...rest] = steps
  if (step === undefined || typeof value !== 'object' || value === null) return replacement
  const entries = Object.entries(value)
  const at = entries.length === 0 ? 0 : step % entries.length
  const changed = entries.map(([key, one], i) => [key, i === at ? mutate(one, rest, replacement) : one] as const)
  return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed)
}

const replacement = fc.constantFrom<Json>(0, 1, 2, 7, '', '1', 'plans/*', '2031-01-01T00:00:00Z', null, true, [], {})
const place = fc.array(fc.nat(30), { minLength: 1, maxLength: 6 })

const published = publishedNow()
const { root } = follow(published)
const kinds: readonly [
  kind: MetadataKind,
  path: string,
  signers: readonly Signer[],
  verify: (file: Uint8Array) => { readonly version: number; readonly expiresAtMs: number },
][] = [
  [MetadataKind.Root, '1.root.json', published.keys.root, (file) => verifyRoot(file, null)],
  [MetadataKind.Timestamp, 'timestamp.json', published.keys.timestamp, (file) => verifyTimestamp(file, root)],
  [MetadataKind.Snapshot, '1.snapshot.json', published.keys.snapshot, (file) => verifySnapshot(file, root)],
  [MetadataKind.Targets, '1.targets.json', published.keys.targets, (file) => verifyTargets(file, root)],
]
for (const [kind, path, signers, verify] of kinds) {
  test(`whatever mutant of ${kind} we accept, tuf-js reads alike: we are never the laxer one`, () => {
    const signed = signedOf(published.file(path))
    let accepted = 0
    fc.assert(
      fc.property(place, replacement, (steps, value) => {
        const file = signRaw(mutate(signed, steps, value), signers)
        try {
          const ours = verify(file)
          accepted++
          const theirs = Metadata.fromJSON(kind as MetadataKind.Root, parseJson(file, 1e6, kind) as never)
          assert.equal(theirs.signed.version, ours.version)
          assert.equal(Date.parse(theirs.signed.expires), ours.expiresAtMs)
        } catch (error) {
          if (!(error instanceof TufError)) throw error
        }
      }),
      { numRuns: 1000 },
    )
    assert.ok(accepted > 0)
  })
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { openFolder, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes, toBase64, utf8Encode } from '@firebreak/kernel'
import { signCustomerPolicy } from '@firebreak/rollout'
import { encodeTrusted, trustRoot } from '@firebreak/tuf'
import { stepSlots } from '@firebreak/updater'
import { applyPolicy } from '../apply-policy.ts'
import { type AgentPaths, agentPaths } from '../config.ts'
import { HeldPolicy } from '../fetcher/held-policy.ts'
import { NOTHING_SEEN, sawReleases, SEEN_FILE, SEEN_FILE_BYTES_MAX, seenReleases } from '../fetcher/seen-releases.ts'
import { SmallFile } from '../fetcher/small-file.ts'
import { takePart, WAVE_FILE } from '../fetcher/wave-enrolment.ts'
import { takeLock } from '../lock.ts'
import type { PolicyFiles } from '../messages.ts'
import { Quarantine } from '../supervisor/quarantine.ts'
import { SlotKeeper } from '../supervisor/slot-keeper.ts'
import { openSlotStore } from '../supervisor/slot-store.ts'
import { openSpool } from '../supervisor/spool.ts'
import { events, imageOf, PACK, tuningWithout } from './images.ts'
import { policyOf } from './policies.ts'
import { Vendor } from './vendor.ts'

/** What the slots of `makeSoundFolder` hold. */
export const HELD = {
  lastKnownGood: imageOf('1.0.0'),
  confirmed: imageOf('1.1.0'),
  candidate: imageOf('1.2.0'),
  starter: imageOf('0.1.0'),
} as const

/** A temporary folder that is gone after the test. */
export function emptyFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-folder-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An agent's folder with something in every place, written by the code that writes it on a host. */
export async function makeSoundFolder(data: string): Promise<AgentPaths> {
  const paths = agentPaths(data)
  await install(paths)
  await takeLock(paths.lock)
  const store = await openSlotStore(paths)
  await store.save(stepSlots(store.state, { kind: 'started', bootId: 'b', starter: store.starter.image }, 1_000).state)
  const keeper = new SlotKeeper(store, { obey: () => {}, onDecided: () => {}, onFault: () => {} })
  for (const [image, end] of [
    [HELD.lastKnownGood, 'trial-passed'],
    [HELD.confirmed, 'trial-passed'],
    [HELD.candidate, 'confirmed-died'],
  ] as const) {
    keeper.offer(image.slot, 1, () => Promise.resolve(image.bytes))
    keeper.dispatch({ kind: end })
  }
  keeper.dispatch({ kind: 'recalled', digests: ['f'.repeat(64)] })
  await keeper.settled()
  const spool = await openSpool(paths.spool, 1_000_000_000)
  await spool.add(utf8Encode('{"a":1}\n{"b":2}\n'))
  await spool.close()
  const quarantine = await Quarantine.open(paths.quarantine, () => {})
  quarantine.keep(events([1], 'poison'))
  await quarantine.settled()
  const { signer } = generateSigner()
  const policy = policyOf({ tuning: tuningWithout('7').bytes })
  const signed = signCustomerPolicy(policy, signer)
  await applyPolicy(paths, signed, signer.publicKey)
  await writeMemories(paths.fetcher, { key: signer.publicKey, policy: toBase64(signed), refused: '' })
  await writeDurable(paths.notices, jsonBytes([{ code: 'agent/stopped', message: 'm', atMs: 1 }]))
  mkdirSync(paths.inputs, { mode: 0o700 })
  await writeDurable(`${paths.inputs}/journal.position`, utf8Encode('anything'))
  return paths
}

/** What the fetcher remembers: the owner's policy, releases that it was offered, its part in a wave. */
async function writeMemories(folder: string, files: PolicyFiles): Promise<void> {
  const onDamaged = (error: unknown): never => {
    throw error
  }
  await (await HeldPolicy.open(folder, onDamaged)).look(files, 2_000)
  const [imageDigest] = [HELD.candidate.digest]
  const seen = { path: `${folder}/${SEEN_FILE}`, bytesMax: SEEN_FILE_BYTES_MAX, reader: seenReleases, onDamaged }
  await (await SmallFile.open({ ...seen, empty: NOTHING_SEEN })).put(sawReleases(NOTHING_SEEN, [imageDigest], 2_000, 0))
  const host = { bootId: 'b', starts: 1, engineRestarts: 0, detections: 0, clockMs: 5, wallMs: 2_000 }
  await writeDurable(`${folder}/${WAVE_FILE}`, jsonBytes(takePart({ imageDigest, wave: 1, arm: 'exposed' }, host)))
}

/** What the installer and the fetcher leave. */
export async function install(paths: AgentPaths): Promise<void> {
  const vendor = new Vendor()
  await openFolder(paths.fetcher)
  const config = {
    serverUrl: 'http://127.0.0.1:1',
    hostName: 'h',
    ring: 'canary',
    pack: PACK,
    beaconIntervalMs: 100,
    pollIntervalMs: 100,
    trialMs: 100,
  }
  await writeDurable(paths.config, jsonBytes(config))
  await writeDurable(paths.root, vendor.root)
  await writeDurable(`${paths.fetcher}/trusted.json`, encodeTrusted(trustRoot(vendor.root)))
  await writeDurable(`${paths.fetcher}/identity.json`, jsonBytes({ host: 'h-1', token: 't' }))
  await writeDurable(`${paths.fetcher}/plan.json`, jsonBytes({ generation: 1, issuedAtMs: 1, packs: [], recalled: [] }))
  await writeDurable(`${paths.fetcher}/${HELD.candidate.digest}.fbi`, HELD.candidate.bytes)
  await writeDurable(paths.starter, HELD.starter.bytes)
  await writeDurable(paths.starterInfo, jsonBytes({ ...HELD.starter.slot }))
  writeFileSync(paths.status, '{}', { mode: 0o600 })
}

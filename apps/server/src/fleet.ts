import type { ControllerStatus, FleetStatus, HostStatus, RolloutStatus, WaveStatus } from '@firebreak/api'
import type { PublicKeyHex } from '@firebreak/crypto'
import type { WallMs } from '@firebreak/kernel'
import {
  countsOf,
  decidePresence,
  exposureBucketPpm,
  FleetTable,
  type Presence,
  type RolloutPolicy,
  type RolloutState,
  type VerdictRecord,
} from '@firebreak/rollout'
import type { TrustedMetadata } from '@firebreak/tuf'
import type { DataFolder, OnlineKeys } from './data-folder.ts'
import { type Host, Hosts } from './hosts.ts'
import { Ingest, type IngestEvents } from './ingest.ts'
import { Ledger } from './ledger.ts'
import { Repository } from './repository.ts'
import type { Store } from './schema.ts'

/** What a server needs to know, whether it decides or stands by. */
export interface ServerBasis {
  readonly policy: RolloutPolicy
  readonly folder: DataFolder
  readonly roots: TrustedMetadata
  readonly keys: OnlineKeys
  /** Of the gates whose reports count. */
  readonly gateKeys: readonly PublicKeyHex[]
  readonly now: () => WallMs
}

/** All that a server knows: the database, in memory. */
export interface Fleet {
  readonly policy: RolloutPolicy
  readonly gateKeys: readonly PublicKeyHex[]
  readonly hosts: Hosts
  readonly ingest: Ingest
  readonly ledger: Ledger
  readonly repository: Repository
  /** What the hosts' beacons amount to: all that decisions see. */
  readonly table: FleetTable
  /** The newest judgement of each pack, on record or not. */
  readonly judged: Map<string, VerdictRecord>
  /** Since when beacons have been heard without a gap: silence before that means nothing. */
  readonly listeningSinceMs: WallMs
}

/** Older than anything that evidence looks back to: it tells hosts apart by what happened within a week. */
const EPOCH_BEFORE_MS = 14 * 86_400_000

/**
 * Reads it all. The cohorts of what is rolling are there before the newest beacons are counted into them, so a restart decides what would have been
 * decided without it.
 *
 * @throws ServerError | SqliteError | TufError: files, keys and database that don't belong together
 */
export function openFleet(
  { policy, folder, roots, keys, gateKeys, now }: ServerBasis,
  store: Store,
  events: Omit<IngestEvents, 'onBeacon'>,
): Fleet {
  const listeningSinceMs = now()
  const repository = new Repository(folder, roots, keys, store)
  const ledger = new Ledger(store)
  const table = new FleetTable({ ...policy, epochMs: listeningSinceMs - EPOCH_BEFORE_MS })
  const hosts = new Hosts(store, (host) => table.add(host))
  for (const state of ledger.rolling) {
    watchRelease({ hosts, table }, state)
    const members = ledger.cohort(state.pack)
    if (members) table.restore(state.pack, members)
  }
  const onBeacon: IngestEvents['onBeacon'] = (host, { beacon, seenAtMs }) =>
    table.fold(hosts.numberOf(host), beacon, seenAtMs)
  const ingest = new Ingest(store, { ...events, onBeacon })
  const judged = new Map(
    ledger
      .verdicts()
      .toReversed()
      .map((verdict) => [verdict.pack, verdict]),
  )
  return { policy, gateKeys, hosts, ingest, ledger, repository, table, judged, listeningSinceMs }
}

/** From now on the table counts what happens with the release of this rollout, instead of the one before it. */
export function watchRelease({ hosts, table }: Pick<Fleet, 'hosts' | 'table'>, { pack, release }: RolloutState): void {
  const { imageDigest } = release
  const bucketOf = (number: number) => exposureBucketPpm(hosts.all[number]?.host ?? '', pack, imageDigest)
  table.watch({ pack, imageDigest }, bucketOf)
}

/** All that an operator sees, as of `nowMs`. */
export function fleetStatus(parts: Fleet, controller: ControllerStatus, nowMs: WallMs): FleetStatus {
  const { policy, hosts, ledger, repository } = parts
  const rings = new Map<string, HostStatus[]>(policy.rings.map((ring) => [ring, []]))
  for (const host of hosts.all) {
    const inRing = rings.get(host.ring)
    if (inRing) inRing.push(hostStatus(parts, host, nowMs))
    else rings.set(host.ring, [hostStatus(parts, host, nowMs)])
  }
  return {
    serverTimeMs: nowMs,
    controller,
    rings: [...rings].map(([ring, ofRing]) => ({ ring, hosts: ofRing })),
    releases: ledger.releases,
    rollouts: ledger.rollouts.map((state) => rolloutStatus(state, parts.judged.get(state.pack) ?? null)),
    policy,
    plan: repository.plan,
    verdicts: ledger.verdicts(),
  }
}

/** The hosts that are silent, as one text: changes when the picture does. */
export function silentHosts(parts: Fleet, nowMs: WallMs): string {
  return parts.hosts.all
    .filter((host) => presenceOf(parts, host, nowMs).kind === 'silent')
    .map(({ host }) => host)
    .join(' ')
}

function rolloutStatus(state: RolloutState, judged: VerdictRecord | null): RolloutStatus {
  const { pack, release, lane, risk, status, rings, startedAtMs, waves, cells } = state
  const verdict = judged?.imageDigest === release.imageDigest ? judged : null
  const counted = waves.map((wave): WaveStatus => ({ ...wave, ...countsOf(wave, cells) }))
  return { pack, ...release, lane, ...(risk && { risk }), status, rings, startedAtMs, waves: counted, verdict }
}

function hostStatus(parts: Fleet, of: Host, nowMs: WallMs): HostStatus {
  const { host, name, ring, enrolledAtMs } = of
  const state = parts.ingest.state(host)
  return {
    host,
    name,
    ring,
    enrolledAtMs,
    lastSeenMs: state?.seenAtMs ?? null,
    presence: presenceOf(parts, of, nowMs),
    beacon: state?.beacon ?? null,
  }
}

function presenceOf({ ingest, policy, listeningSinceMs }: Fleet, host: Host, nowMs: WallMs): Presence {
  const state = ingest.state(host.host)
  const evidence = {
    enrolledAtMs: host.enrolledAtMs,
    listeningSinceMs,
    lastSeenMs: state?.seenAtMs ?? null,
    beaconIntervalMs: state?.beacon.beaconIntervalMs ?? 0,
    ending: state?.beacon.ending ?? null,
    silenceAfterMs: policy.silenceAfterMs,
  }
  return decidePresence(evidence, nowMs)
}

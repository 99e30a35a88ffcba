import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReleaseStatus } from '@firebreak/api'
import { gateReportTargetPath, releaseTargetPath } from '@firebreak/rollout'
import { findTarget, refreshOver, type TargetFile, trustRoot, verifyTarget } from '@firebreak/tuf'
import type { AuthorHistory } from '@firebreak/gate'
import type { Keystore } from './keystore.ts'
import type { OperatorClient } from './operator-client.ts'

/** What a gate is told of the releases before this one. */
export interface EarlierReleases {
  /** File with the image that hosts run now; undefined: they run none. */
  readonly against: string | undefined
  /** Files with the signed reports of earlier releases, the newest first. */
  readonly history: readonly string[]
  readonly author: AuthorHistory
}

/** Reports that a gate is given: uses of fields hardly ever end, so the newest tell nearly all. */
const REPORTS_MAX = 20
const HARMED: ReadonlySet<ReleaseStatus['state']> = new Set(['halted', 'recalled'])

/**
 * Fetches what hosts of the deployment run now, and what was proved of it before, into `folder`. Verified as a host would verify it: the server
 * is not asked to be believed.
 */
export async function fetchEarlierReleases(
  client: OperatorClient,
  keystore: Keystore,
  pack: string,
  folder: string,
  nowMs: number,
): Promise<EarlierReleases> {
  const { releases, plan } = await client.status()
  const ofPack = releases.filter((one) => one.pack === pack).toSorted((a, b) => b.publishedAtMs - a.publishedAtMs)
  const author = { releases: ofPack.length, harmed: ofPack.filter(({ state }) => HARMED.has(state)).length }
  const { trusted, failure } = await refreshOver(trustRoot(keystore.root), nowMs, (path, bytesMax) =>
    client.metadata(path, bytesMax),
  )
  if (failure !== null) throw failure
  const keep = async (path: string, name: string): Promise<string | undefined> => {
    const target = findTarget(trusted, path)
    if (target === null) return undefined
    const file = join(folder, name)
    await writeFile(file, await fetchVerified(client, target))
    return file
  }
  const running = plan?.packs.find((one) => one.pack === pack)?.baseline ?? null
  const against = running ? await keep(releaseTargetPath(pack, running.version), 'running.fbi') : undefined
  const wanted = ofPack.filter(({ state }) => !HARMED.has(state)).slice(0, REPORTS_MAX)
  const reports = await Promise.all(
    wanted.map(({ version }, i) => keep(gateReportTargetPath(pack, version), `report-${i}.json`)),
  )
  return { against, history: reports.filter((one) => one !== undefined), author }
}

async function fetchVerified(client: OperatorClient, target: TargetFile): Promise<Uint8Array> {
  const bytes = await client.target(target)
  verifyTarget(target, bytes)
  return bytes
}

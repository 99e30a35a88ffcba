import { readPackFolder } from '@firebreak/pack-folder'
import type { CompiledPack, PackManifest } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { encodeGateReport, gateReportDigest, type GateReport } from '@firebreak/gate'
import type { FormatName } from '@firebreak/inputs'
import type { Json, Sha256Hex, WallMs } from '@firebreak/kernel'
import { gateReportTargetPath, releaseCustom, releaseTargetPath } from '@firebreak/rollout'
import { refreshOver, type TargetFile, trustRoot } from '@firebreak/tuf'
import { CliError } from './errors.ts'
import { type GateRun, runGate } from './gate-run.ts'
import { approve, type Keystore } from './keystore.ts'
import type { OperatorClient } from './operator-client.ts'

/** A release that is ready to be signed: the image and the report that proves it. */
export interface ReleaseDraft {
  readonly manifest: PackManifest
  readonly compiled: CompiledPack
  readonly report: GateReport
  /** Of the emergency lane. */
  readonly emergency: boolean
}

/** @throws CliError cli/refused: no passing report, no release */
export async function gatePack(
  folder: string,
  nowMs: WallMs,
  inputs: readonly FormatName[] = [],
): Promise<ReleaseDraft> {
  return requirePass(await runGate(await readPackFolder(folder), nowMs, inputs))
}

export function requirePass({ report, compiled, manifest }: GateRun): ReleaseDraft {
  if (report.verdict === 'pass' && compiled && manifest) return { manifest, compiled, report, emergency: false }
  const failed = report.checks.filter(({ verdict }) => verdict !== 'pass')
  const first = failed.flatMap(({ id, findings }) => findings.map((finding) => `${id}: ${finding.message}`))[0]
  const message = `Cannot release: the gate said no (${failed.map(({ id }) => id).join(', ')}). ${first ?? ''}`.trim()
  throw new CliError('cli/refused', message, { report })
}

/**
 * Has the approvers sign image and report digest together, on top of what they signed before, and uploads both.
 *
 * @returns the digest of the image
 */
export async function publish(
  client: OperatorClient,
  keystore: Keystore,
  draft: ReleaseDraft,
  nowMs: WallMs,
): Promise<Sha256Hex> {
  const { name: pack, version, category, minimumEngine } = draft.manifest
  const reportBytes = encodeGateReport(draft.report)
  const custom = releaseCustom({
    pack,
    category,
    version,
    minimumEngine,
    gateReportDigest: gateReportDigest(reportBytes),
    emergency: draft.emergency,
  })
  const files = [
    { path: releaseTargetPath(pack, version), bytes: draft.compiled.image, custom },
    { path: gateReportTargetPath(pack, version), bytes: reportBytes, custom: null },
  ]
  const { trusted, failure } = await refreshOver(trustRoot(keystore.root), nowMs, (path, bytesMax) =>
    client.metadata(path, bytesMax),
  )
  if (failure !== null) throw failure
  const before = trusted.targets
  if (!before) throw new CliError('cli/denied', 'Cannot publish: the server has no targets metadata')
  const paths = new Set(files.map(({ path }) => path))
  const kept = [...before.targets.values()].filter(({ path }) => !paths.has(path))
  const metadata = await approve(keystore, before.version + 1, [...kept, ...files.map(targetFile)], nowMs)
  await client.submit({
    targetsMetadata: Buffer.from(metadata).toString('base64'),
    files: files.map(({ path, bytes }) => ({ path, base64: Buffer.from(bytes).toString('base64') })),
  })
  return draft.compiled.digest
}

function targetFile(file: { path: string; bytes: Uint8Array; custom: Json }): TargetFile {
  return { path: file.path, lengthBytes: file.bytes.length, sha256: sha256Hex(file.bytes), custom: file.custom }
}

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import type { Json, Sha256Hex, WallMs } from '@firebreak/kernel'
import { parseYaml } from '@firebreak/pack-folder'
import { gateReportTargetPath, releaseCustom, releaseTargetPath } from '@firebreak/rollout'
import { refreshOver, type TargetFile, trustRoot } from '@firebreak/tuf'
import { approvalOf, type ReleaseDraft } from './approval.ts'
import { fetchEarlierReleases } from './earlier-releases.ts'
import { CliError } from './errors.ts'
import { type GateOptions, type GateRun, runGate } from './gate/run.ts'
import { approve, type Keystore, keystoreFiles } from './keystore.ts'
import type { OperatorClient } from './operator-client.ts'
import type { Screen } from './screen.ts'

/** Where releases go, and whose keys sign them. */
export interface Vendor {
  readonly client: OperatorClient
  readonly keystore: Keystore
}

/**
 * The gate on `folder`, held against what the deployment runs now, signed with the gate key of the keystore.
 *
 * @throws CliError cli/refused: no passing report, no release
 */
export async function gatePack(
  folder: string,
  { client, keystore }: Vendor,
  options: Omit<GateOptions, 'key' | 'against' | 'history' | 'author'>,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ReleaseDraft> {
  const kept = await mkdtemp(join(tmpdir(), 'firebreak-earlier-'))
  try {
    const earlier = await fetchEarlierReleases(client, keystore, await packNameOf(folder), kept, Date.now())
    const key = keystoreFiles(keystore.folder).gateKey
    return requirePass(await runGate(folder, { ...options, ...earlier, key }, screen, interrupted))
  } finally {
    await rm(kept, { recursive: true, force: true })
  }
}

/** '' when its manifest does not say: the gate says what is wrong with it. */
async function packNameOf(folder: string): Promise<string> {
  try {
    const manifest = parseYaml(await readFile(join(folder, 'pack.yaml'), 'utf8'), 'pack.yaml')
    const name = manifest.kind === 'mapping' ? manifest.entries.find(({ key }) => key === 'name')?.value : undefined
    return name?.kind === 'scalar' ? String(name.value) : ''
  } catch {
    return ''
  }
}

export function requirePass({ report, image, statement }: GateRun): ReleaseDraft {
  if (report.verdict === 'pass' && image && statement) return { report, image, statement, emergency: false }
  const stopped = report.checks.filter(({ verdict }) => verdict !== 'pass')
  const first = stopped.flatMap(({ id, findings }) => findings.map((finding) => `${id}: ${finding.message}`))[0]
  const ids = stopped.map(({ id }) => id).join(', ')
  const message = `Cannot release: the verdict of the gate is ${report.verdict} (${ids}). ${first ?? ''}`.trim()
  throw new CliError('cli/refused', message, { report })
}

/**
 * Has the approvers sign image and gate report together, on top of what they signed before, and uploads both. They judge the report themselves first, and
 * are told what they sign.
 *
 * @param tell - a line for the approvers
 * @returns the digest of the image
 * @throws CliError cli/refused | cli/denied
 */
export async function publish(
  client: OperatorClient,
  keystore: Keystore,
  draft: ReleaseDraft,
  nowMs: WallMs,
  tell: (line: string) => void,
): Promise<Sha256Hex> {
  const { description, imageDigest, lines } = approvalOf(draft, keystore)
  for (const line of lines) tell(line)
  const { pack, version } = description
  const files = [
    { path: releaseTargetPath(pack, version), bytes: draft.image, custom: releaseCustom(description) },
    { path: gateReportTargetPath(pack, version), bytes: draft.statement, custom: null },
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
  return imageDigest
}

function targetFile(file: { path: string; bytes: Uint8Array; custom: Json }): TargetFile {
  return { path: file.path, lengthBytes: file.bytes.length, sha256: sha256Hex(file.bytes), custom: file.custom }
}

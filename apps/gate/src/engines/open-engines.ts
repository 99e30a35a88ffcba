import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sha256Hex } from '@firebreak/crypto'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import type { EngineBuild, MissingEngine, SandboxTier } from '@firebreak/gate'
import { compareVersions, errorMessage, type Version } from '@firebreak/kernel'
import { encodeBuild, openArchive } from './archive.ts'
import { archivePath, ENGINES_FOLDER, type KeptBuild, readBuildIndex } from './build-index.ts'
import { filesOfBuild } from './closure.ts'
import { sandboxTier } from './tier.ts'
import { defaultCacheFolder, unpackBuild } from './unpack.ts'

/** A build whose every byte was checked, as files that Node can run. */
export interface OpenedEngine {
  readonly build: EngineBuild
  /** Absolute path. */
  readonly root: string
  readonly sandbox: SandboxTier | null
}

export interface OpenedEngines {
  /** Oldest first. */
  readonly engines: readonly OpenedEngine[]
  readonly missing: readonly MissingEngine[]
}

export interface EnginePlaces {
  readonly enginesFolder: string
  readonly cacheFolder: string
}

export const CHECKOUT: string = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')

/** The engine of this checkout, as its files are now. @throws EngineBuildError engines/source */
export function currentBuild(root: string = CHECKOUT): EngineBuild {
  const { engineVersion, features, fields } = ENGINE_CONTRACT
  const digest = sha256Hex(encodeBuild(filesOfBuild(root)))
  return {
    version: engineVersion,
    digest,
    commit: null,
    supplies: { features, fields },
    takesInputs: true,
    tellsWork: true,
  }
}

/**
 * Every engine that the policy names, ready to run: older ones from their archives, the current one from this checkout. What can't be
 * had is named with its reason, never left out.
 *
 * @param wanted - 'all': every build that is kept, and the current one
 */
export async function openEngines(
  wanted: readonly Version[] | 'all',
  places: EnginePlaces = { enginesFolder: ENGINES_FOLDER, cacheFolder: defaultCacheFolder(process.env) },
): Promise<OpenedEngines> {
  const { kept, problem } = await keptBuilds(places.enginesFolder)
  const builds = new Map(kept.map((one) => [one.version, one]))
  const current = ENGINE_CONTRACT.engineVersion
  const versions = new Set(wanted === 'all' ? [...builds.keys(), current] : wanted)
  const engines: OpenedEngine[] = []
  // With all that there are wanted, not even knowing which there are is a gap of its own.
  const missing: MissingEngine[] =
    wanted === 'all' && problem !== null ? [{ version: `before ${current}`, reason: problem }] : []
  await Promise.all(
    [...versions].map(async (version) => {
      try {
        const kept = version === current ? null : builds.get(version)
        if (kept === undefined) missing.push({ version, reason: problem ?? 'no build of it is kept in engines/' })
        else engines.push(await (kept === null ? openCurrent() : openKept(kept, places)))
      } catch (error) {
        missing.push({ version, reason: errorMessage(error) })
      }
    }),
  )
  return {
    engines: engines.toSorted((a, b) => compareVersions(a.build.version, b.build.version)),
    missing: missing.toSorted((a, b) => (a.version < b.version ? -1 : 1)),
  }
}

async function openCurrent(): Promise<OpenedEngine> {
  return { build: currentBuild(), root: CHECKOUT, sandbox: await sandboxTier(CHECKOUT) }
}

async function openKept(build: KeptBuild, { enginesFolder, cacheFolder }: EnginePlaces): Promise<OpenedEngine> {
  const files = openArchive(await readFile(archivePath(enginesFolder, build)), build.digest)
  const root = await unpackBuild(files, build.digest, cacheFolder)
  return { build, root, sandbox: await sandboxTier(root) }
}

async function keptBuilds(
  folder: string,
): Promise<{ readonly kept: readonly KeptBuild[]; readonly problem: string | null }> {
  try {
    return { kept: await readBuildIndex(folder), problem: null }
  } catch (error) {
    return { kept: [], problem: errorMessage(error) }
  }
}

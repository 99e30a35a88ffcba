import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Sha256Hex, utf8Encode } from '@firebreak/kernel'
import type { BuildFiles } from './archive.ts'
import { nameAndExports } from './closure.ts'

/** XDG Base Directory, cache. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME']
  const base = cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache')
  return join(base, 'firebreak', 'engines')
}

/**
 * The folder in which exactly `files` are, with the links by which Node finds the packages among them. A folder of an earlier run is used
 * when every byte of it is right, so that Node's compiled code is good for it too; else it is made anew, beside, and renamed.
 *
 * @param files - of the archive with this digest, as `openArchive` read them just now
 */
export async function unpackBuild(files: BuildFiles, digest: Sha256Hex, cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, digest)
  if (await isExactly(folder, files)) return folder
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 })
  const fresh = join(cacheFolder, `.${digest}.${randomUUID()}`)
  const old = `${fresh}.old`
  try {
    await write(fresh, files)
    if (!(await isExactly(fresh, files))) throw new Error(`Cannot unpack an engine: ${fresh} is not as it was written`)
    if (await renamed(fresh, folder)) return folder
    if (await isExactly(folder, files)) return folder // another process was faster
    await rename(folder, old)
    await rename(fresh, folder)
    return folder
  } finally {
    await Promise.all([fresh, old].map((one) => rm(one, { recursive: true, force: true })))
  }
}

/** False when something is there already. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch {
    return false
  }
}

/** Packages are found as in a checkout, through links: Node strips no types of files that are in node_modules themselves. */
function linksOf(files: BuildFiles): ReadonlyMap<string, string> {
  const manifests = [...files].filter(([path]) => path.endsWith('/package.json'))
  return new Map(
    manifests.map(([path, text]) => [`node_modules/${nameAndExports(text).name}`, `../../${dirname(path)}`]),
  )
}

async function write(folder: string, files: BuildFiles): Promise<void> {
  const links = linksOf(files)
  const folders = new Set([...files.keys(), ...links.keys()].map(dirname))
  for (const one of folders) await mkdir(join(folder, one), { recursive: true, mode: 0o700 })
  await Promise.all([
    ...[...files].map(([path, text]) => writeFile(join(folder, path), text)),
    ...[...links].map(([path, to]) => symlink(to, join(folder, path))),
  ])
}

/** Nothing is missing, nothing is changed and nothing is there besides. */
async function isExactly(folder: string, files: BuildFiles): Promise<boolean> {
  const links = linksOf(files)
  try {
    const entries = await entriesOf(folder, '')
    if (entries.length !== files.size + links.size) return false
    const right = await Promise.all(
      entries.map(async ({ path, isLink }) => {
        const place = join(folder, path)
        if (isLink) return (await readlink(place)) === links.get(path)
        const text = files.get(path)
        return text !== undefined && Buffer.compare(await readFile(place), utf8Encode(text)) === 0
      }),
    )
    return right.every(Boolean)
  } catch {
    return false // not there, or not readable: it is made anew
  }
}

interface Entry {
  readonly path: string
  readonly isLink: boolean
}

/** All that is no folder. Not Node's own way to read folders within folders: that follows links. */
async function entriesOf(root: string, folder: string): Promise<readonly Entry[]> {
  const found = await readdir(join(root, folder), { withFileTypes: true })
  const lists = await Promise.all(
    found.map(async (one): Promise<readonly Entry[]> => {
      const path = folder === '' ? one.name : `${folder}/${one.name}`
      return one.isDirectory() ? await entriesOf(root, path) : [{ path, isLink: one.isSymbolicLink() }]
    }),
  )
  return lists.flat()
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { BuildFiles } from './archive.ts'
import { EngineBuildError } from './errors.ts'

/**
 * What Node loads for `agent evaluate`, each process from its entry on: the command, what it imports when it is called, the launcher of
 * the sandbox, and the engine.
 */
export const BUILD_ROOTS = [
  'apps/agent/src/main.ts',
  'apps/agent/src/evaluate.ts',
  'adapters/linux/src/sandbox/launcher.ts',
  'apps/agent/src/engine/main.ts',
] as const

const LAYERS = ['adapters', 'apps', 'core'] as const
/** Statements that Node follows: it erases types, not imports of modules that have only types. */
const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm

interface Package {
  readonly folder: string
  readonly exports: Readonly<Record<string, string>>
}

/**
 * Every file that the roots reach in the checkout at `root`, and the package.json of every package among them. Agents have no foreign
 * code, so this is the whole build.
 *
 * @throws EngineBuildError engines/source: an import that leads out of the checkout or nowhere
 */
export function filesOfBuild(root: string): BuildFiles {
  const packages = packagesOf(root)
  const files = new Map<string, string>()
  const waiting: string[] = [...BUILD_ROOTS]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue
    const text = read(root, path)
    files.set(path, text)
    for (const [, specifier = ''] of text.matchAll(IMPORT)) {
      const next = resolve(packages, path, specifier)
      if (next !== null) waiting.push(next)
    }
  }
  for (const path of files.keys()) {
    const manifest = `${path.split('/', 2).join('/')}/package.json`
    if (!files.has(manifest)) files.set(manifest, read(root, manifest))
  }
  return files
}

function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    throw new EngineBuildError('engines/source', `Cannot read ${path} of ${root}`, {}, error)
  }
}

function packagesOf(root: string): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>()
  for (const layer of LAYERS.filter((name) => existsSync(join(root, name)))) {
    for (const name of readdirSync(join(root, layer))) {
      const folder = `${layer}/${name}`
      if (!existsSync(join(root, folder, 'package.json'))) continue
      const { name: called, exports } = nameAndExports(read(root, `${folder}/package.json`))
      found.set(called, { folder, exports })
    }
  }
  return found
}

/** Of our own package.json. */
export function nameAndExports(text: string): { readonly name: string } & Pick<Package, 'exports'> {
  const { name, exports } = JSON.parse(text) as { readonly name: string; readonly exports?: Package['exports'] }
  return { name, exports: exports ?? {} }
}

/** Null for Node's own modules. */
function resolve(packages: ReadonlyMap<string, Package>, from: string, specifier: string): string | null {
  if (specifier.startsWith('node:')) return null
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  const name = specifier.split('/', 2).join('/')
  const found = packages.get(name)
  const target = found?.exports[`.${specifier.slice(name.length)}`]
  if (found === undefined || target === undefined) {
    throw new EngineBuildError('engines/source', `${from} imports ${specifier}, which the checkout does not have`)
  }
  return posix.join(found.folder, target)
}

import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseModules, type SourceModule } from './modules.ts'

/** One package.json of the workspace. */
export interface Package {
  readonly name: string
  /** Relative to the repository, without a slash at the end; the root's is ''. */
  readonly folder: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** All that the checks look at. Paths are relative to the repository and have forward slashes. */
export interface Repository {
  readonly packages: readonly Package[]
  readonly modules: readonly SourceModule[]
  /** Every file that is not a module, by path: its text. */
  readonly texts: ReadonlyMap<string, string>
}

export const LAYERS = ['core', 'adapters', 'apps', 'testing', 'tools'] as const
export type Layer = (typeof LAYERS)[number]

const FOLDERS = [...LAYERS, 'runtime', 'docs'] as const
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'dist'])
const ROOT_FILES = ['package.json', 'package-lock.json'] as const
const TEXT = /\.(?:tsx?|json|md)$/
const SOURCE = /\.tsx?$/

/** @throws Error when a module does not parse or a package.json is not one */
export function readRepository(root: string): Repository {
  const files = new Map<string, string>()
  for (const file of ROOT_FILES) files.set(file, readFileSync(join(root, file), 'utf8'))
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) walk(path)
      else if (entry.isFile() && TEXT.test(entry.name)) files.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  for (const folder of FOLDERS) walk(folder)
  return repositoryOf(files)
}

/** A repository from its files: what a test plants, and what `readRepository` has read. */
export function repositoryOf(files: ReadonlyMap<string, string>): Repository {
  const texts = new Map([...files].filter(([path]) => !SOURCE.test(path)))
  const packages = [...texts]
    .filter(([path]) => basename(path) === 'package.json')
    .map(([path, text]) => {
      return packageOf(path, text)
    })
  return { packages, texts, modules: parseModules(new Map([...files].filter(([path]) => SOURCE.test(path)))) }
}

export function packageOf(path: string, text: string): Package {
  const content = JSON.parse(text) as Partial<Package>
  if (typeof content.name !== 'string') throw new Error(`Cannot read ${path}: it has no name`)
  const folder = dirname(path)
  return {
    name: content.name,
    folder: folder === '.' ? '' : folder,
    exports: content.exports ?? {},
    dependencies: content.dependencies ?? {},
    devDependencies: content.devDependencies ?? {},
    optionalDependencies: content.optionalDependencies ?? {},
  }
}

export function layerOf(path: string): Layer | null {
  const [first] = path.split('/')
  return LAYERS.find((layer) => layer === first) ?? null
}

/** The package that a file belongs to: the one with the longest folder above it. */
export function packageAt(repository: Repository, path: string): Package {
  const above = repository.packages.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
  const [nearest] = above.toSorted((a, b) => b.folder.length - a.folder.length)
  if (nearest === undefined) throw new Error(`Cannot place ${path}: no package.json above it`)
  return nearest
}

const TEST_FILE = /(?:\.test|[.-]fixture)\.tsx?$|\/(?:testing|fixture)\//
/** How the console is built and looked at; no part of what runs. */
const BUILD_FILES: ReadonlySet<string> = new Set(['apps/console/vite.config.ts', 'apps/console/preview.ts'])

/** The fleet that the simulator, an app, runs: in `testing/` by what it is for, production by its rules. */
const WORLD = 'testing/world/'

/** Tests, their fixtures and the tools may import what production may not. */
export function isTest(path: string): boolean {
  const layer = layerOf(path)
  return (
    (layer === 'testing' && !path.startsWith(WORLD)) ||
    layer === 'tools' ||
    TEST_FILE.test(path) ||
    BUILD_FILES.has(path)
  )
}

import { packageName } from './graph.ts'
import { isTest, type Package, packageAt, type Repository } from './repository.ts'

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/
const LOCK_FILES = ['package-lock.json', 'runtime/package-lock.json'] as const
/** Of the root: tools that are run, not imported. */
const COMMANDS: ReadonlySet<string> = new Set(['oxfmt', 'oxlint', 'oxlint-tsgolint'])

/** What is imported is declared there, what is declared is used and has a reason, and every version is one version. */
export function checkDependencies(repository: Repository): readonly string[] {
  return [
    ...repository.packages.flatMap((one) => [
      ...checkVersions(one),
      ...checkUse(repository, one),
      ...checkReasons(repository, one),
    ]),
    ...LOCK_FILES.flatMap((path) => checkLock(path, repository.texts.get(path))),
  ]
}

function declared({ dependencies, devDependencies, optionalDependencies }: Package): Readonly<Record<string, string>> {
  return { ...dependencies, ...devDependencies, ...optionalDependencies }
}

function checkVersions(one: Package): readonly string[] {
  return Object.entries(declared(one))
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${fileOf(one)}: ${name} is not pinned to one version: ${version}`)
}

/** Whoever adds a package says why, in a record of decisions. */
function checkReasons({ packages, texts }: Repository, one: Package): readonly string[] {
  const records = [...texts].filter(([path]) => path.startsWith('docs/adr/')).map(([, text]) => text)
  const words = new Set(records.flatMap((text) => text.split(/[^\w@/.-]+/)))
  return Object.keys(declared(one))
    .filter((name) => !packages.some((known) => known.name === name) && !words.has(name))
    .map((name) => `${fileOf(one)}: no record of decisions says why we depend on ${name}`)
}

function fileOf({ folder }: Package): string {
  return folder === '' ? 'package.json' : `${folder}/package.json`
}

function checkUse(repository: Repository, own: Package): readonly string[] {
  const root = repository.packages.find(({ folder }) => folder === '')
  const used = new Set<string>()
  const problems = new Set<string>()
  for (const module of repository.modules.filter(({ path }) => packageAt(repository, path) === own)) {
    for (const { specifier } of module.imports) {
      if (specifier === null || specifier.startsWith('.') || specifier.startsWith('node:')) continue
      const name = packageName(specifier)
      used.add(name)
      if (name in own.dependencies) continue
      const atRoot = root !== undefined && name in root.devDependencies
      if (!isTest(module.path)) problems.add(`${fileOf(own)}: ${name} is not among the dependencies: ${module.path}`)
      else if (!(name in own.devDependencies || atRoot)) {
        problems.add(`${fileOf(own)}: ${name} is not declared: ${module.path}`)
      }
    }
  }
  return [...problems, ...(own.folder === '' || own.folder === 'runtime' ? [] : unused(own, used))]
}

/** A package of types is used where the package that it describes is. */
function unused(own: Package, used: ReadonlySet<string>): readonly string[] {
  return Object.keys(declared(own))
    .filter((name) => !used.has(name) && !used.has(name.replace(/^@types\//, '')) && !COMMANDS.has(name))
    .map((name) => `${fileOf(own)}: ${name} is declared and never imported`)
}

interface LockEntry {
  readonly hasInstallScript?: boolean
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
}

/** No package may run code while it is installed, and every one is held to its digest. */
function checkLock(path: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [`${path}: missing`]
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockEntry>> }
  return Object.entries(packages).flatMap(([name, entry]) => {
    if (entry.hasInstallScript === true) return [`${path}: ${name} has an install script`]
    const fetched = name.startsWith('node_modules/') && entry.link !== true
    return fetched && entry.integrity === undefined ? [`${path}: ${name} has no integrity digest`] : []
  })
}

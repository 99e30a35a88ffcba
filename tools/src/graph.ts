import { posix } from 'node:path'
import { unreachable } from '@firebreak/kernel'
import type { SourceImport, SourceModule } from './modules.ts'
import { type Package, packageAt, type Repository } from './repository.ts'

/** Where an import leads. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly package: Package; readonly relative: boolean }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'nowhere'; readonly reason: string }

/** The package's name in a specifier: `a` of `a/b`, `@a/b` of `@a/b/c`. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Resolves as Node does, within the workspace. Styles and other files that are no modules lead nowhere. */
export function resolveImport(repository: Repository, from: SourceModule, specifier: string): Destination {
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier.slice('node:'.length) }
  if (specifier.startsWith('.')) return fileAt(repository, posix.join(posix.dirname(from.path), specifier), true)
  const name = packageName(specifier)
  const found = repository.packages.find((one) => one.name === name)
  if (found === undefined) return { kind: 'package', name }
  const entry = `.${specifier.slice(name.length)}`
  const target = found.exports[entry]
  if (target === undefined) return { kind: 'nowhere', reason: `${name} exports no ${entry}` }
  return fileAt(repository, posix.join(found.folder, target), false)
}

function fileAt(repository: Repository, path: string, relative: boolean): Destination {
  if (!repository.modules.some((module) => module.path === path)) {
    return { kind: 'nowhere', reason: `there is no module ${path}` }
  }
  return { kind: 'file', path, package: packageAt(repository, path), relative }
}

export interface Reached {
  /** Files and `node:` modules and third-party packages that are loaded. */
  readonly name: string
  /** How: the imports from the entry to it. */
  readonly by: readonly string[]
}

/**
 * Everything that Node loads when it loads `entry`, each with one shortest way to it. Follows what is loaded at once,
 * and with `later` also what a running module may load with `import()`.
 */
export function reach(repository: Repository, entry: string, later: boolean): readonly Reached[] {
  const modules = new Map(repository.modules.map((module) => [module.path, module]))
  const reached = new Map<string, Reached>([[entry, { name: entry, by: [] }]])
  const follows = ({ kind }: SourceImport): boolean => kind === 'value' || (later && kind === 'dynamic')
  for (const { name, by } of reached.values()) {
    const module = modules.get(name)
    for (const { specifier } of module?.imports.filter(follows) ?? []) {
      if (module === undefined || specifier === null) continue
      const next = nameOf(resolveImport(repository, module, specifier))
      if (next !== null && !reached.has(next)) reached.set(next, { name: next, by: [...by, name] })
    }
  }
  return [...reached.values()]
}

function nameOf(destination: Destination): string | null {
  switch (destination.kind) {
    case 'file':
      return destination.path
    case 'node':
      return `node:${destination.name}`
    case 'package':
      return destination.name
    case 'nowhere':
      return null // a finding of another check
    default:
      return unreachable(destination)
  }
}

import { isBuiltin } from 'node:module'
import { unreachable } from '@firebreak/kernel'
import { type Destination, resolveImport } from './graph.ts'
import { IMPORT_TABLE, type ImportRow, RESERVED_NODE_MODULES } from './import-table.ts'
import type { ImportKind, SourceImport, SourceModule } from './modules.ts'
import { isTest, layerOf, type Package, packageAt, type Repository } from './repository.ts'

/** Ways past the imports: with them, what a module loads could not be read from its text. */
const HIDDEN_LOADERS: ReadonlySet<string> = new Set(['createRequire', 'getBuiltinModule', 'registerHooks'])

/** Every import leads to something, and only along an arrow of the table. One sentence for each that does not. */
export function checkImports(repository: Repository): readonly string[] {
  return [
    ...checkTable(repository),
    ...repository.modules.flatMap((module) => [
      ...module.imports.flatMap((one) => {
        const problem = problemOf(repository, module, one)
        return problem === null ? [] : [`${module.path}:${one.line}: ${problem}`]
      }),
      ...[...module.globals, ...module.properties]
        .filter(({ name }) => HIDDEN_LOADERS.has(name))
        .map(({ name, line }) => `${module.path}:${line}: ${name} loads modules that no check can see`),
    ]),
  ]
}

/** A package without a row would be free; a row without a package is a promise about nothing. */
function checkTable({ packages }: Repository): readonly string[] {
  const governed = packages
    .map(({ folder }) => folder)
    .filter((folder) => /^(?:core|adapters|apps)\/|^testing\/world$/.test(folder))
  return [
    ...governed.filter((folder) => !(folder in IMPORT_TABLE)).map((folder) => `${folder}: not in the import table`),
    ...Object.keys(IMPORT_TABLE)
      .filter((folder) => !governed.includes(folder))
      .map((folder) => `${folder}: in the import table, but there is no such package`),
  ]
}

function problemOf(repository: Repository, module: SourceModule, one: SourceImport): string | null {
  const { specifier } = one
  if (specifier === null) return 'a computed import can lead anywhere'
  const own = packageAt(repository, module.path)
  if (specifier.startsWith('.') && !/\.tsx?$/.test(specifier)) return problemOfAsset(own, specifier)
  if (isBuiltin(specifier) && !specifier.startsWith('node:')) return `write node:${specifier}`
  const destination = resolveImport(repository, module, specifier)
  if (destination.kind === 'nowhere') return `${specifier}: ${destination.reason}`
  if (isTest(module.path)) return problemOfTest(own, destination)
  const row = IMPORT_TABLE[own.folder]
  return row === undefined ? null : problemOfProduction(own, row, one, destination)
}

/** A bundler's business, and only the console has a bundler. */
function problemOfAsset(own: Package, specifier: string): string | null {
  return own.folder === 'apps/console' && specifier.endsWith('.css') ? null : `${specifier}: no module of ours`
}

/** By path, a test may start or read another app: then it names what it takes. */
function problemOfTest(own: Package, destination: Destination): string | null {
  if (destination.kind !== 'file' || destination.relative || destination.package === own) return null
  const between = [own, destination.package].every(({ folder }) => layerOf(folder) === 'apps')
  return between ? `an app does not import another app: ${destination.package.name}` : null
}

function problemOfProduction(
  own: Package,
  row: ImportRow,
  { kind }: SourceImport,
  destination: Exclude<Destination, { kind: 'nowhere' }>,
): string | null {
  switch (destination.kind) {
    case 'node':
      return mayUseNode(own, row, destination.name) ? null : `${own.folder} may not import node:${destination.name}`
    case 'package':
      return row.packages.includes(destination.name) ? null : `${own.folder} may not import ${destination.name}`
    case 'file':
      return problemOfFile(own, row, kind, destination)
    default:
      return unreachable(destination)
  }
}

function problemOfFile(
  own: Package,
  row: ImportRow,
  kind: ImportKind,
  { path, relative, package: { folder } }: Extract<Destination, { kind: 'file' }>,
): string | null {
  if (isTest(path)) return `production code does not import tests: ${path}`
  if (relative) return folder === own.folder ? null : `${folder} is imported by name, not by path`
  if (row.workspace.includes(folder)) return null
  if (!row.typesOf.includes(folder)) return `${own.folder} may not import ${folder}`
  return kind === 'type' ? null : `${own.folder} may import only types of ${folder}: write import type`
}

function mayUseNode(own: Package, row: ImportRow, name: string): boolean {
  if (row.node.includes(name)) return true
  const [module = ''] = name.split('/')
  return row.node.includes('*') && (RESERVED_NODE_MODULES[module] ?? own.folder) === own.folder
}

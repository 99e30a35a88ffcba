import {
  type Identifier,
  type Node,
  type NoSubstitutionTemplateLiteral,
  type SourceFile,
  type StringLiteral,
  SyntaxKind,
} from 'typescript/unstable/ast'
import {
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isNoSubstitutionTemplateLiteral,
  isStringLiteral,
} from 'typescript/unstable/ast/is'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API, type Checker } from 'typescript/unstable/sync'

/**
 * - `type`: erased, never loaded: `import type`, `export type`, `import('x').T`.
 * - `value`: loaded with the module. Also `import { type A } from 'x'`: Node erases the name, not the import.
 * - `dynamic`: loaded when the call is reached.
 */
export type ImportKind = 'type' | 'value' | 'dynamic'

export interface SourceImport {
  /** null: computed, so nobody can follow it. */
  readonly specifier: string | null
  readonly kind: ImportKind
  readonly line: number
}

export interface SourceName {
  readonly name: string
  readonly line: number
}

export interface SourceModule {
  readonly path: string
  readonly lines: number
  readonly imports: readonly SourceImport[]
  /** Names that the module neither declares nor imports: `Date` of `Date.now()`. */
  readonly globals: readonly SourceName[]
  /** Names of properties that are read: `now` of `Date.now()`. */
  readonly properties: readonly SourceName[]
}

const CONFIG = '/tsconfig.json'
const COMPILER_OPTIONS = {
  noLib: true,
  noResolve: true,
  types: [],
  jsx: 'preserve',
  module: 'nodenext',
  moduleDetection: 'force',
  noEmit: true,
}

/**
 * Reads modules with TypeScript's own parser, in memory, one process for all: about half a second for this repository.
 * TypeScript calls this interface unstable; its version is pinned, and `modules.test.ts` says what we rely on.
 *
 * @param files - text by path, relative to the repository
 * @throws Error when a file does not parse
 */
export function parseModules(files: ReadonlyMap<string, string>): readonly SourceModule[] {
  const texts = Object.fromEntries([...files].map(([path, text]) => [`/${path}`, text]))
  const config = { compilerOptions: COMPILER_OPTIONS, files: Object.keys(texts) }
  const api = new API({ cwd: '/', fs: createVirtualFileSystem({ ...texts, [CONFIG]: JSON.stringify(config) }) })
  try {
    const project = api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG)
    if (project === undefined) throw new Error('Cannot read modules: TypeScript opened no project')
    const { program, checker } = project
    return [...files.keys()].map((path) => {
      const [mistake] = program.getSyntacticDiagnostics(`/${path}`)
      const source = program.getSourceFile(`/${path}`)
      if (mistake !== undefined || source === undefined) {
        throw new Error(`Cannot read ${path}: ${mistake?.text ?? 'TypeScript does not have it'}`)
      }
      return moduleOf(path, source, checker)
    })
  } finally {
    api.close()
  }
}

function moduleOf(path: string, source: SourceFile, checker: Checker): SourceModule {
  const starts = source.getLineStarts()
  const lineOf = (node: Node): number => source.getLineAndCharacterOfPosition(node.getStart()).line + 1
  const imports: SourceImport[] = source.imports.map((node) => ({
    specifier: isText(node) ? node.text : null,
    kind: kindOf(node),
    line: lineOf(node),
  }))
  const names: Identifier[] = []
  const properties: Identifier[] = []
  const visit = (node: Node): void => {
    if (isIdentifier(node)) (namesProperty(node) ? properties : names).push(node)
    else if (isComputedImport(node)) imports.push({ specifier: null, kind: 'dynamic', line: lineOf(node) })
    node.forEachChild(visit)
  }
  visit(source)
  const globals = globalsAmong(names, checker)
  const nameOf = (node: Identifier): SourceName => ({ name: node.text, line: lineOf(node) })
  const lines = source.text.endsWith('\n') ? starts.length - 1 : starts.length
  return { path, lines, imports, globals: globals.map(nameOf), properties: properties.map(nameOf) }
}

/** Those that nothing in the module declares. One request for all but the shorthands, which TypeScript looks up singly. */
function globalsAmong(names: readonly Identifier[], checker: Checker): readonly Identifier[] {
  const symbols = checker.getSymbolAtLocation(names)
  return names.filter((name, i) => {
    const shorthand = name.parent.kind === SyntaxKind.ShorthandPropertyAssignment
    const symbol = shorthand ? checker.getShorthandAssignmentValueSymbol(name.parent) : symbols[i]
    return symbol === undefined || symbol.declarations.length === 0
  })
}

function kindOf(specifier: Node): ImportKind {
  const statement = specifier.parent
  if (isImportDeclaration(statement)) {
    return statement.importClause?.phaseModifier === SyntaxKind.TypeKeyword ? 'type' : 'value'
  }
  if (isExportDeclaration(statement)) return statement.isTypeOnly ? 'type' : 'value'
  return statement.kind === SyntaxKind.CallExpression ? 'dynamic' : 'type'
}

const OWNERS_OF_PROPERTIES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.PropertyAccessExpression,
  SyntaxKind.PropertyAssignment,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.PropertySignature,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.MethodSignature,
])

/** Right of a dot, what an object, class or interface calls one of its own, or what was called otherwise elsewhere. */
function namesProperty(node: Node): boolean {
  const { parent } = node
  if (parent.kind === SyntaxKind.ImportSpecifier || parent.kind === SyntaxKind.BindingElement) {
    return 'propertyName' in parent && parent.propertyName === node
  }
  return OWNERS_OF_PROPERTIES.has(parent.kind) && 'name' in parent && parent.name === node
}

function isText(node: Node): node is StringLiteral | NoSubstitutionTemplateLiteral {
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)
}

function isComputedImport(node: Node): boolean {
  if (node.kind !== SyntaxKind.CallExpression) return false
  const call = node as Node & { readonly expression: Node; readonly arguments: readonly Node[] }
  const [first] = call.arguments
  return call.expression.kind === SyntaxKind.ImportKeyword && (first === undefined || !isText(first))
}

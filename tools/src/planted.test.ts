import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkCore } from './check-core.ts'
import { checkDependencies } from './check-dependencies.ts'
import { checkImports } from './check-imports.ts'
import { checkProcesses } from './check-processes.ts'
import { checkTidiness, FILE_LINES_MAX } from './check-tidiness.ts'
import { parseModules } from './modules.ts'
import { packageOf, readRepository, type Repository } from './repository.ts'

/**
 * Violations planted into this very repository, in memory: each is found, in these words, and nothing else is. A check
 * that never fails proves nothing.
 */
interface Planted {
  readonly name: string
  /** Text by path: a new file, or what a file becomes. */
  readonly files: Readonly<Record<string, string | ((text: string) => string)>>
  /** What is found that was not before. */
  readonly found: readonly string[]
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const repository = readRepository(ROOT)

function one(name: string, path: string, text: string, ...found: readonly string[]): Planted {
  return { name, files: { [path]: text }, found: found.map((problem) => `${path}:1: ${problem}`) }
}

const IMPORTS: readonly Planted[] = [
  one(
    'the kernel imports a layer above',
    'core/kernel/src/x.ts',
    "import '@firebreak/crypto'",
    'core/kernel may not import core/crypto',
  ),
  one('the core imports Node', 'core/rollout/src/x.ts', "import 'node:fs'", 'core/rollout may not import node:fs'),
  one(
    'crypto imports more of Node than it may',
    'core/crypto/src/x.ts',
    "import 'node:crypto'\nimport 'node:fs'".split('\n').toReversed().join('\n'),
    'core/crypto may not import node:fs',
  ),
  one(
    'an arrow backwards',
    'core/content/src/x.ts',
    "import '@firebreak/detect'",
    'core/content may not import core/detect',
  ),
  one(
    'also as a type',
    'core/tuf/src/x.ts',
    "import type { Plan } from '@firebreak/rollout'",
    'core/tuf may not import core/rollout',
  ),
  one(
    'also as import type',
    'core/tuf/src/x.ts',
    "type P = import('@firebreak/rollout').Plan",
    'core/tuf may not import core/rollout',
  ),
  one(
    'also passed on',
    'core/tuf/src/x.ts',
    "export * from '@firebreak/rollout'",
    'core/tuf may not import core/rollout',
  ),
  one('also later', 'core/tuf/src/x.ts', "await import('@firebreak/rollout')", 'core/tuf may not import core/rollout'),
  one(
    'the core imports an adapter',
    'core/gate/src/x.ts',
    "import '@firebreak/http'",
    'core/gate may not import adapters/http',
  ),
  one('the core imports a package', 'core/gate/src/x.ts', "import 'yaml'", 'core/gate may not import yaml'),
  one(
    'the core imports an app',
    'core/gate/src/x.ts',
    "import '@firebreak/server/main'",
    'core/gate may not import apps/server',
  ),
  one(
    'an adapter imports an adapter',
    'adapters/http/src/x.ts',
    "import '@firebreak/durable-fs'",
    'adapters/http may not import adapters/durable-fs',
  ),
  one(
    'an adapter imports the technology of another',
    'adapters/http/src/x.ts',
    "import 'yaml'",
    'adapters/http may not import yaml',
  ),
  one(
    'a second door to the kernel',
    'adapters/http/src/x.ts',
    "import 'node:ffi'",
    'adapters/http may not import node:ffi',
  ),
  one('a second database', 'apps/server/src/x.ts', "import 'node:sqlite'", 'apps/server may not import node:sqlite'),
  one(
    'an app imports an app',
    'apps/cli/src/x.ts',
    "import '@firebreak/server/main'",
    'apps/cli may not import apps/server',
  ),
  one(
    'a test of an app imports an app by name',
    'apps/cli/src/x.test.ts',
    "import '@firebreak/server/main'",
    'an app does not import another app: @firebreak/server',
  ),
  one(
    'an app imports a package of another',
    'apps/agent/src/x.ts',
    "import 'commander'",
    'apps/agent may not import commander',
  ),
  one(
    'the console loads code of the core',
    'apps/console/src/x.ts',
    "import { parseBeacon } from '@firebreak/api'",
    'apps/console may import only types of core/api: write import type',
  ),
  one(
    'the console loads the core for a type',
    'apps/console/src/x.ts',
    "import { type Beacon } from '@firebreak/api'",
    'apps/console may import only types of core/api: write import type',
  ),
  one('the console imports Node', 'apps/console/src/x.tsx', "import 'node:fs'", 'apps/console may not import node:fs'),
  one(
    'production imports a test',
    'core/tuf/src/x.ts',
    "import './repository.fixture.ts'",
    'production code does not import tests: core/tuf/src/repository.fixture.ts',
  ),
  one(
    'around the name of a package',
    'core/tuf/src/x.ts',
    "import '../../kernel/src/index.ts'",
    'core/kernel is imported by name, not by path',
  ),
  one(
    'past the index of a package',
    'core/tuf/src/x.ts',
    "import '@firebreak/kernel/src/bytes.ts'",
    '@firebreak/kernel/src/bytes.ts: @firebreak/kernel exports no ./src/bytes.ts',
  ),
  one(
    'a file that is not there',
    'core/tuf/src/x.ts',
    "import './no.ts'",
    './no.ts: there is no module core/tuf/src/no.ts',
  ),
  one('no ending', 'core/tuf/src/x.ts', "import './limits'", './limits: no module of ours'),
  one('data as a module', 'core/tuf/src/x.ts', "import a from '../package.json'", '../package.json: no module of ours'),
  one('Node without its prefix', 'apps/server/src/x.ts', "import 'fs'", 'write node:fs'),
  one('a computed import', 'apps/server/src/x.ts', "await import('a' + 'b')", 'a computed import can lead anywhere'),
  one(
    'a hidden loader',
    'core/tuf/src/x.ts',
    "process.getBuiltinModule('node:fs')",
    'getBuiltinModule loads modules that no check can see',
  ),
  {
    name: 'a package that the table does not have',
    files: { 'core/new/package.json': '{ "name": "@firebreak/new" }' },
    found: ['core/new: not in the import table'],
  },
  one('an import in a comment is none', 'core/kernel/src/x.ts', "// import 'node:fs'\nexport {}"),
  one('an import in a text is none', 'core/kernel/src/x.ts', "export const a = `import 'node:fs'`"),
  one('a test may import an app by path', 'apps/cli/src/x.test.ts', "import '../../server/src/init.ts'"),
  one('a test may import Node', 'core/kernel/src/x.test.ts', "import 'node:fs'"),
]

const KERNEL = 'core/kernel/package.json'
const LOCK = 'package-lock.json'

const DEPENDENCIES: readonly Planted[] = [
  {
    name: 'an import that is not declared',
    files: { 'adapters/http/src/x.ts': "import '@firebreak/rollout'" },
    found: ['adapters/http/package.json: @firebreak/rollout is not among the dependencies: adapters/http/src/x.ts'],
  },
  {
    name: 'production imports what is declared for tests',
    files: { 'core/detect/src/x.ts': "import 're2js'" },
    found: ['core/detect/package.json: re2js is not among the dependencies: core/detect/src/x.ts'],
  },
  {
    name: 'a test imports what only another package declares',
    files: { 'core/kernel/src/x.test.ts': "import 'yaml'" },
    found: [`${KERNEL}: yaml is not declared: core/kernel/src/x.test.ts`],
  },
  {
    name: 'declared and never imported',
    files: { [KERNEL]: dependency('"left-pad": "1.3.0"') },
    found: [
      `${KERNEL}: left-pad is declared and never imported`,
      `${KERNEL}: no record of decisions says why we depend on left-pad`,
    ],
  },
  ...['^1.2.3', '~1.2.3', '1.2', '*', 'latest', '>=1.2.3', 'file:../a', '1.x'].map((version) => ({
    name: `version ${version}`,
    files: { 'package.json': (text: string) => text.replace(/("fast-check": )"[^"]+"/, `$1"${version}"`) },
    found: [`package.json: fast-check is not pinned to one version: ${version}`],
  })),
  {
    name: 'a package that runs code when it is installed',
    files: { [LOCK]: locked({ integrity: 'sha512-x', hasInstallScript: true }) },
    found: [`${LOCK}: node_modules/evil has an install script`],
  },
  {
    name: 'a package without a digest',
    files: { [LOCK]: locked({ version: '1.0.0' }) },
    found: [`${LOCK}: node_modules/evil has no integrity digest`],
  },
]

function dependency(line: string): (text: string) => string {
  return (text) => text.replace('"dependencies": {', `"dependencies": {${line}`)
}

function locked(entry: object): (text: string) => string {
  return (text) => text.replace('"packages": {', `"packages": {"node_modules/evil": ${JSON.stringify(entry)},`)
}

const CORE: readonly Planted[] = [
  ...[
    'Date.now()',
    'setTimeout(f, 1)',
    'process.env',
    "Buffer.from('')",
    "fetch('a')",
    'console.log(1)',
    "eval('1')",
  ].map((text) => one(text, 'core/rollout/src/x.ts', text, `the core does not use ${text.split(/[.(]/, 1)[0]}`)),
  one('chance', 'core/rollout/src/x.ts', 'Math.random()', 'the core does not use random'),
  one('the clock of Temporal', 'core/rollout/src/x.ts', 'Temporal.Now.instant()', 'the core does not use Now'),
  one('a time zone', 'core/rollout/src/x.ts', "export const a = Temporal.PlainTime.from('12:00').hour"),
  one('a locale', 'core/rollout/src/x.ts', "'a'.localeCompare('b')", 'the core does not use localeCompare'),
  one(
    'a global by another name',
    'core/rollout/src/x.ts',
    'const { process } = globalThis',
    'the core does not use globalThis',
  ),
  one(
    'a global in an object',
    'core/rollout/src/x.ts',
    'export const a = { process }',
    'the core does not use process',
  ),
  one('the clock, in another file of the kernel', 'core/kernel/src/x.ts', 'new Date()', 'the core does not use Date'),
  one('the clock, in the file of times', 'core/kernel/src/time.ts', 'Date.now()', 'the core does not use now'),
  one('an argument of that name', 'core/rollout/src/x.ts', 'export function a(fetch: () => void): void { fetch() }'),
  one('a test', 'core/rollout/src/x.test.ts', 'Date.now()'),
  one('an adapter', 'adapters/http/src/x.ts', 'Date.now()'),
]

const SUPERVISOR = 'apps/agent/src/supervisor/supervisor.ts'
const ENGINE = 'apps/agent/src/engine/main.ts'
const WAY_TO_SUPERVISOR = `apps/agent/src/main.ts -> apps/agent/src/run.ts -> ${SUPERVISOR}`

function also(...imports: readonly string[]): (text: string) => string {
  return (text) => `${imports.map((specifier) => `import '${specifier}'\n`).join('')}${text}`
}

const PROCESSES: readonly Planted[] = [
  {
    name: 'the engine imports a package',
    files: { [ENGINE]: also('yaml') },
    found: [`the engine reaches ${ENGINE} -> yaml`],
  },
  {
    name: 'far from the entry',
    files: {
      [ENGINE]: also('./x.ts'),
      'apps/agent/src/engine/x.ts': "export * from './y.ts'",
      'apps/agent/src/engine/y.ts': "import 'yaml'",
    },
    found: [`the engine reaches ${ENGINE} -> apps/agent/src/engine/x.ts -> apps/agent/src/engine/y.ts -> yaml`],
  },
  {
    name: 'later',
    files: { [ENGINE]: (text) => `${text}\nawait import('yaml')\n` },
    found: [`the engine reaches ${ENGINE} -> yaml`],
  },
  {
    name: 'the supervisor loads the engine',
    files: { [SUPERVISOR]: also('@firebreak/detect') },
    found: [
      `the agent reaches ${WAY_TO_SUPERVISOR} -> core/detect/src/index.ts -> core/detect/src/contract.ts -> core/content/src/index.ts`,
      `the agent reaches ${WAY_TO_SUPERVISOR} -> core/detect/src/index.ts`,
      `the supervisor reaches ${SUPERVISOR} -> core/detect/src/index.ts -> core/detect/src/contract.ts -> core/content/src/index.ts`,
      `the supervisor reaches ${SUPERVISOR} -> core/detect/src/index.ts`,
    ],
  },
  {
    name: 'the engine loads the sensor',
    files: { [ENGINE]: also('@firebreak/linux/sensor') },
    found: [`the engine reaches ${ENGINE} -> adapters/linux/src/sensor/index.ts`],
  },
  {
    name: 'a type is not loaded',
    files: { [SUPERVISOR]: (text) => `import type { Engine } from '@firebreak/detect'\n${text}` },
    found: [],
  },
]

const TIDINESS: readonly Planted[] = [
  {
    name: 'a file too long',
    files: { 'core/tuf/src/x.ts': '\n'.repeat(FILE_LINES_MAX + 1) },
    found: [`core/tuf/src/x.ts: ${FILE_LINES_MAX + 1} lines, at most ${FILE_LINES_MAX}`],
  },
  { name: 'a file just short enough', files: { 'core/tuf/src/x.ts': '\n'.repeat(FILE_LINES_MAX) }, found: [] },
  {
    name: 'a package with nothing to read and nothing to import',
    files: { 'core/new/package.json': '{ "name": "@firebreak/new" }' },
    found: ['core/new: no README.md', 'core/new: no src/index.ts'],
  },
  {
    name: 'an export of nothing',
    files: { 'adapters/http/package.json': (text) => text.replace('./src/index.ts', './src/no.ts') },
    found: ['adapters/http: exports ./src/no.ts, which is not there'],
  },
  {
    name: 'a decision that is on no map',
    files: { 'docs/adr/9999-a-secret.md': '' },
    found: ['docs/adr/9999-a-secret.md: not linked from docs/ARCHITECTURE.md'],
  },
]

/** The repository with the planted files in it; only these are parsed. */
function plant({ files }: Planted): Repository {
  const texts = new Map(repository.texts)
  const sources = new Map<string, string>()
  for (const [path, change] of Object.entries(files)) {
    const text = typeof change === 'string' ? change : change(readFileSync(join(ROOT, path), 'utf8'))
    if (/\.tsx?$/.test(path)) sources.set(path, text)
    else texts.set(path, text)
  }
  const manifests = Object.keys(files).filter((path) => path.endsWith('package.json'))
  const changed = manifests.map((path) => packageOf(path, texts.get(path) ?? ''))
  const kept = repository.packages.filter(({ folder }) => !changed.some((another) => another.folder === folder))
  return {
    texts,
    packages: [...kept, ...changed],
    modules: [...repository.modules.filter(({ path }) => !sources.has(path)), ...parseModules(sources)],
  }
}

type Check = (given: Repository) => readonly string[]

function suite(title: string, check: Check, rows: readonly Planted[]): void {
  const before = new Set(check(repository))
  void describe(title, () => {
    for (const row of rows) {
      void test(row.name, () => {
        const found = check(plant(row)).filter((problem) => !before.has(problem))
        assert.deepEqual(found.toSorted(), row.found.toSorted())
      })
    }
  })
}

suite('imports', checkImports, IMPORTS)
suite('dependencies', checkDependencies, DEPENDENCIES)
suite('core', checkCore, CORE)
suite('processes', checkProcesses, PROCESSES)
suite('tidiness', checkTidiness, TIDINESS)

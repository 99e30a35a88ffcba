/**
 * What production code may import, package by package: the table of ADR 1 as data. It changes with an ADR.
 *
 * Tests, `testing/` (but the world, which the simulator runs) and `tools/` are not in it: they may import any package that their package.json declares, but no
 * test of an app imports another app by name.
 */
export interface ImportRow {
  /** Packages of the workspace, by folder. */
  readonly workspace: readonly string[]
  /** Packages of the workspace of which only `import type` may be used. */
  readonly typesOf: readonly string[]
  /** Node's modules without `node:`. `*`: all but those of RESERVED_NODE_MODULES. */
  readonly node: readonly string[]
  /** Third-party packages. */
  readonly packages: readonly string[]
}

/** One package each may touch these, so that each has one door. */
export const RESERVED_NODE_MODULES: Readonly<Record<string, string>> = {
  ffi: 'adapters/linux',
  sqlite: 'adapters/sqlite',
}

const NOTHING: ImportRow = { workspace: [], typesOf: [], node: [], packages: [] }

const CORE = ['kernel', 'crypto', 'content', 'detect', 'fuzz', 'gate', 'tuf', 'rollout', 'updater', 'api'].map(
  (name) => `core/${name}`,
)
const ADAPTERS = [
  'durable-fs',
  'event-files',
  'evtx',
  'http',
  'inputs',
  'instrument',
  'linux',
  'pack-folder',
  'report-page',
  'sqlite',
  'yara',
].map((name) => `adapters/${name}`)

function core(...workspace: readonly string[]): ImportRow {
  return { ...NOTHING, workspace: ['kernel', ...workspace].map((name) => `core/${name}`) }
}

function adapter(packages: readonly string[] = [], node: readonly string[] = ['*']): ImportRow {
  return { ...NOTHING, workspace: CORE, node, packages }
}

function app(packages: readonly string[] = []): ImportRow {
  return { ...NOTHING, workspace: [...CORE, ...ADAPTERS], node: ['*'], packages }
}

export const IMPORT_TABLE: Readonly<Record<string, ImportRow>> = {
  'core/kernel': NOTHING,
  'core/crypto': { ...core(), node: ['crypto'] },
  'core/content': core('crypto'),
  'core/detect': core('crypto', 'content'),
  'core/fuzz': core(),
  'core/gate': core('crypto', 'content', 'detect', 'fuzz', 'rollout'),
  'core/tuf': core('crypto'),
  'core/rollout': core('crypto'),
  'core/updater': core('crypto', 'rollout'),
  'core/api': core('rollout', 'updater', 'detect'),
  'adapters/durable-fs': adapter(),
  'adapters/event-files': adapter(['csv-parse']),
  'adapters/evtx': adapter(),
  'adapters/http': adapter(['hono', '@hono/node-server']),
  'adapters/inputs': adapter(),
  'adapters/instrument': adapter(['acorn', 'magic-string'], ['module', 'vm']),
  'adapters/linux': adapter([], ['*', 'ffi']),
  'adapters/pack-folder': adapter(['yaml']),
  'adapters/report-page': { ...NOTHING, node: ['crypto', 'fs', 'path'] },
  'adapters/sqlite': adapter([], ['*', 'sqlite']),
  'adapters/yara': adapter(['@virustotal/yara-x']),
  'apps/agent': app(),
  'apps/cli': app(['commander', 'rolldown']),
  'apps/gate': app(['rolldown']),
  'apps/console': { ...NOTHING, typesOf: ['core/api', 'core/rollout'], packages: ['react', 'react-dom'] },
  'apps/server': app(),
  'apps/simulator': { ...NOTHING, workspace: [...CORE, 'adapters/report-page', 'testing/world'], node: ['*'] },
  'testing/world': core('crypto', 'rollout'),
}

/** What a process of a host loads, from its entry on. */
export interface ProcessRow {
  readonly entry: string
  /** Packages, `node:` modules or files that must not be reached by any import that Node follows. */
  readonly never: readonly string[]
  /** Third-party packages that it may load. */
  readonly packages?: readonly string[]
}

/**
 * The processes of a host. None but the YARA lane, which is confined like the engine, reaches a third-party package; the supervisor, which is root, reaches neither
 * content nor the foreign function interface; no process carries the code of another.
 */
export const HOST_PROCESSES: Readonly<Record<string, ProcessRow>> = {
  agent: {
    entry: 'apps/agent/src/main.ts',
    never: ['@firebreak/content', '@firebreak/detect', 'node:ffi', 'adapters/linux/src/sensor/'],
  },
  supervisor: {
    entry: 'apps/agent/src/supervisor/supervisor.ts',
    never: ['@firebreak/content', '@firebreak/detect', 'node:ffi', 'adapters/linux/src/sensor/'],
  },
  launcher: {
    entry: 'adapters/linux/src/sandbox/launcher.ts',
    never: ['@firebreak/content', '@firebreak/detect', 'adapters/linux/src/sensor/', 'node:net', 'node:child_process'],
  },
  'service launcher': {
    entry: 'apps/agent/src/service/main.ts',
    never: [
      '@firebreak/content',
      '@firebreak/detect',
      'adapters/linux/src/sensor/',
      'apps/agent/src/supervisor/',
      'node:child_process',
      'node:net',
    ],
  },
  sensor: {
    entry: 'apps/agent/src/sensor/main.ts',
    never: ['@firebreak/content', 'apps/agent/src/supervisor/', 'apps/agent/src/engine/', 'node:child_process'],
  },
  input: {
    entry: 'apps/agent/src/input/main.ts',
    never: [
      'core/content/src/index.ts',
      'core/detect/src/index.ts',
      'node:ffi',
      'adapters/linux/src/sensor/',
      'apps/agent/src/supervisor/',
      'apps/agent/src/engine/',
      'node:child_process',
    ],
  },
  engine: {
    entry: 'apps/agent/src/engine/main.ts',
    never: ['adapters/linux/src/sensor/', 'apps/agent/src/supervisor/', 'node:child_process'],
  },
  'exec gate': {
    entry: 'apps/agent/src/exec-gate/main.ts',
    never: [
      '@firebreak/content',
      '@firebreak/detect',
      'apps/agent/src/supervisor/',
      'apps/agent/src/engine/',
      'node:child_process',
      'node:net',
    ],
  },
  'YARA lane': {
    entry: 'apps/agent/src/yara/main.ts',
    never: ['@firebreak/content', 'adapters/linux/src/sensor/', 'apps/agent/src/supervisor/', 'node:child_process'],
    packages: ['@virustotal/yara-x'],
  },
  fetcher: {
    entry: 'apps/agent/src/fetcher/main.ts',
    never: [
      '@firebreak/content',
      '@firebreak/detect',
      'node:ffi',
      'adapters/linux/src/sensor/',
      'apps/agent/src/supervisor/',
      'apps/agent/src/engine/',
      'node:child_process',
    ],
  },
}

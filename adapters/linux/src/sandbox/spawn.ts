import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import process from 'node:process'
import { isSea } from 'node:sea'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { ALLOCATOR_ENV, commandOf, type LaunchSpec, REPORT_VARIABLE, type SandboxReport } from './launch-spec.ts'
import { type Layer, LAYERS, PROFILES, type ProfileName } from './profiles.ts'

const LAUNCHER = isSea() ? 'launcher' : fileURLToPath(import.meta.resolve('./launcher.ts'))
const MIB = 1024 * 1024
const BASE_ENV = {
  NODE_NO_WARNINGS: '1',
  OPENSSL_CONF: '/nonexistent', // unreadable, the default one would end Node at start
  TZ: 'UTC',
  ...ALLOCATOR_ENV,
}

export interface SpawnConfinedOptions {
  readonly profile: ProfileName
  /** Absolute path of a .ts or .js file within `readFolders`; in the single-file executable the name of a process. */
  readonly entry: string
  readonly args: readonly string[]
  readonly readFolders: readonly string[]
  readonly writeFolders: readonly string[]
  /** TCP ports that it may connect to. Only the fetcher has sockets. */
  readonly connectPorts: readonly number[]
  /** After the profile's own. */
  readonly nodeFlags?: readonly string[]
  /** All of the environment: nothing is inherited but NODE_COMPILE_CACHE, as a folder of its own within. */
  readonly env?: Readonly<Record<string, string>>
  /** Heap and buffers together, in bytes. Half of it is V8's old space. Default: the profile's. */
  readonly memoryBytesMax?: number
  readonly stderr?: 'inherit' | 'pipe' | 'ignore'
  /**
   * What the process finds open as EXTRA_FD: a descriptor of ours, or one end of a new pipe, of which `extra` is the other;
   * that one is for somebody else to write to, and to be destroyed here.
   */
  readonly extra?: number | 'pipe'
  /** Layers without which it must not start; default none. It then ends with LAUNCHER_EXIT_CODE. */
  readonly require?: readonly Layer[]
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ConfinedProcess {
  readonly pid: number
  readonly input: Writable
  /** Ends when the process does, usually before `exited` is known. */
  readonly output: Readable
  /** With `stderr: 'pipe'`. */
  readonly stderr: Readable | null
  /** With `extra: 'pipe'`. */
  readonly extra: Writable | null
  readonly exited: Promise<ProcessEnd>
  /** SIGKILL: a confined process has nothing to save. */
  kill(): void
}

/**
 * Starts `entry` in a Node of its own, confined to `profile` as far as this kernel and this user allow; the process
 * finds out how far with `readSandboxReport`. It dies with its parent. Elsewhere than on Linux (x86-64, arm64) it starts with
 * Node's permission model alone.
 *
 * @throws LinuxError linux/spawn-failed
 */
export function spawnConfined(options: SpawnConfinedOptions): ConfinedProcess {
  if (!isSea() && !isAbsolute(options.entry)) {
    throw new LinuxError('linux/spawn-failed', `Cannot start ${options.entry}: the path must be absolute`)
  }
  const spec = specOf(options)
  const child = available()
    ? start(commandOf(LAUNCHER, [], [JSON.stringify(spec)]), launcherEnv(), options)
    : start(
        commandOf(spec.entry, [...permissionFlags(spec), ...spec.nodeFlags], spec.args),
        unconfinedEnv(spec),
        options,
      )
  const exited = new Promise<ProcessEnd>((settle, reject) => {
    child.once('exit', (code, signal) => settle({ code, signal }))
    child.once('error', reject)
  })
  const [, , , input, output, extra] = child.stdio as (Readable | Writable | null | undefined)[]
  if (child.pid === undefined || input == null || output == null) {
    exited.catch(() => {}) // said by the exception below
    throw new LinuxError('linux/spawn-failed', `Cannot start ${options.entry}: the system refused a new process`)
  }
  return {
    pid: child.pid,
    input: input as Writable,
    output: output as Readable,
    stderr: child.stderr,
    extra: (extra ?? null) as Writable | null,
    exited,
    kill: () => void child.kill('SIGKILL'),
  }
}

function start(args: readonly string[], env: Readonly<Record<string, string>>, options: SpawnConfinedOptions) {
  return spawn(process.execPath, args, {
    cwd: '/',
    env,
    // A session of its own: Ctrl-C in a terminal is the supervisor's to handle.
    detached: true,
    stdio: ['ignore', 'ignore', options.stderr ?? 'inherit', 'pipe', 'pipe', ...extraOf(options)],
  })
}

function extraOf({ extra }: SpawnConfinedOptions): readonly (number | 'pipe')[] {
  return extra === undefined ? [] : [extra]
}

function specOf(options: SpawnConfinedOptions): LaunchSpec {
  const profile = PROFILES[options.profile]
  const memoryBytesMax = options.memoryBytesMax ?? profile.memoryBytesMax
  const compileCache = compileCacheFor(options.profile)
  return {
    profile: options.profile,
    parentPid: process.pid,
    entry: options.entry,
    args: options.args,
    nodeFlags: [
      ...profile.nodeFlags,
      `--max-old-space-size=${Math.floor(memoryBytesMax / 2 / MIB)}`,
      ...(options.nodeFlags ?? []),
    ],
    env: { ...BASE_ENV, ...cacheVariable(compileCache), ...options.env },
    readFolders: options.readFolders,
    writeFolders: options.writeFolders,
    compileCache,
    connectPorts: options.connectPorts,
    memoryBytesMax,
    extra: options.extra !== undefined,
    require: options.require ?? [],
  }
}

function launcherEnv(): Readonly<Record<string, string>> {
  return { ...BASE_ENV, ...cacheVariable(compileCacheFor('launcher')) }
}

function cacheVariable(folder: string | null): Readonly<Record<string, string>> {
  return folder === null ? {} : { NODE_COMPILE_CACHE: folder }
}

/**
 * Cached code is trusted code: each profile, and the launcher, has a folder of its own, so that none can prepare what
 * another, or the supervisor, will run.
 */
function compileCacheFor(profile: ProfileName | 'launcher'): string | null {
  const shared = process.env['NODE_COMPILE_CACHE']
  if (shared === undefined) return null
  const own = resolve(shared, profile)
  try {
    mkdirSync(own, { recursive: true })
    return own
  } catch {
    return null // only slower
  }
}

/** Node's own permission model: a net under the bugs of our code, not a boundary against hostile code. */
function permissionFlags(spec: LaunchSpec): readonly string[] {
  if (spec.profile === 'sensor') return []
  return [
    '--permission',
    ...[...spec.readFolders, ...spec.writeFolders].map((folder) => `--allow-fs-read=${folder}`),
    ...spec.writeFolders.map((folder) => `--allow-fs-write=${folder}`),
    ...(spec.profile === 'fetcher' ? ['--allow-net'] : []),
  ]
}

function unconfinedEnv(spec: LaunchSpec): Readonly<Record<string, string>> {
  const report: SandboxReport = {
    profile: spec.profile,
    landlockAbi: 0,
    active: [],
    missing: LAYERS.map((layer) => ({ layer, reason: 'only on Linux, x86-64 or arm64' })),
  }
  return { ...spec.env, [REPORT_VARIABLE]: JSON.stringify(report) }
}

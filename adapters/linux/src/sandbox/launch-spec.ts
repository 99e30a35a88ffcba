import { isSea } from 'node:sea'
import type { Layer, ProfileName } from './profiles.ts'

/** What the parent asks the launcher to start; one JSON argument. */
export interface LaunchSpec {
  readonly profile: ProfileName
  /** The launcher gives up when its parent is another one by then: the death signal would never come. */
  readonly parentPid: number
  readonly entry: string
  readonly args: readonly string[]
  readonly nodeFlags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly readFolders: readonly string[]
  readonly writeFolders: readonly string[]
  /** A folder of this profile alone; null without a compile cache. */
  readonly compileCache: string | null
  readonly connectPorts: readonly number[]
  readonly memoryBytesMax: number
  /** Whether EXTRA_FD is open, for the process to keep. */
  readonly extra: boolean
  /** Layers without which the process must not start. */
  readonly require: readonly Layer[]
}

export interface MissingLayer {
  readonly layer: Layer
  readonly reason: string
}

/** What the launcher achieved; the confined process finds it in FIREBREAK_SANDBOX. */
export interface SandboxReport {
  readonly profile: ProfileName
  readonly landlockAbi: number
  readonly active: readonly Layer[]
  readonly missing: readonly MissingLayer[]
}

/** For glibc: what one thread frees another can use, and what is large goes back to the system. 10 MiB less for all processes together. */
export const ALLOCATOR_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' } as const

/**
 * Arguments of a Node, or of the single-file executable, that make it run `entry`. The executable takes flags in one argument (which
 * can't be quoted: none has a space) and heeds no NODE_OPTIONS; its main knows entries by name.
 *
 * @see nodejs.org/api/single-executable-applications.html, execArgvExtension "cli"
 */
export function commandOf(entry: string, nodeFlags: readonly string[], args: readonly string[]): readonly string[] {
  if (!isSea()) return [...nodeFlags, entry, ...args]
  return [...(nodeFlags.length > 0 ? [`--node-options=${nodeFlags.join(' ')}`] : []), entry, ...args]
}

export const REPORT_VARIABLE = 'FIREBREAK_SANDBOX'

/** File descriptors of the two pipes, in the confined process. */
export const INPUT_FD = 3
export const OUTPUT_FD = 4
/** What the process was handed besides, if anything. */
export const EXTRA_FD = 5

/** The launcher could not do what was required of it; its reason is on standard error. */
export const LAUNCHER_EXIT_CODE = 111

import { list, literal, nullable, object, optional, parseJson, text, utf8Encode } from '@firebreak/kernel'

/** File systems on which program starts are held at most. */
const MOUNT_COUNT_MAX = 16
const PATH_CHARS_MAX = 4096
const SETTINGS_SIZE_BYTES_MAX = 131_072

const absolutePath = text(PATH_CHARS_MAX, /^\//)

/** In agent.json: whether who starts a program is held, and until what is known. */
export interface ExecGateConfig {
  /**
   * - `off`: nobody is ever held.
   * - `arguments`: until the arguments were read. For kernels without BPF, where they would often be missing.
   * - `digests`: until the file's digest was looked up in a table, which says who may start.
   */
  readonly mode: 'off' | 'arguments' | 'digests'
  /** Mount points of the file systems on which program starts are held. */
  readonly mounts: readonly string[]
  /** A file of SHA-256 digests that may not start; or of all that may. */
  readonly denied?: string | undefined
  readonly allowed?: string | undefined
}

export const execGateConfig = object<ExecGateConfig>({
  mode: literal('off', 'arguments', 'digests'),
  mounts: list(absolutePath, MOUNT_COUNT_MAX),
  denied: optional(absolutePath),
  allowed: optional(absolutePath),
})

/** What the gate's process is told by the supervisor, as its one argument. */
export interface GateSettings {
  readonly mounts: readonly string[]
  /** Null: only arguments are read. */
  readonly table: { readonly kind: 'denied' | 'allowed'; readonly path: string } | null
}

const gateSettings = object<GateSettings>({
  mounts: list(absolutePath, MOUNT_COUNT_MAX),
  table: nullable(object({ kind: literal('denied', 'allowed'), path: absolutePath })),
})

/**
 * @param argument - as `JSON.stringify` wrote it
 * @throws KernelError kernel/malformed
 */
export function readGateSettings(argument: string): GateSettings {
  return gateSettings(parseJson(utf8Encode(argument), SETTINGS_SIZE_BYTES_MAX, 'gate settings'), 'settings')
}

/** @returns null when the gate is off; a sentence when the configuration says too little or too much */
export function gateSettingsOf({ mode, mounts, denied, allowed }: ExecGateConfig): GateSettings | null | string {
  if (mode === 'off') return null
  if (mounts.length === 0) return 'Cannot start the exec gate: execGate.mounts names no mount point'
  if (mode === 'arguments') return { mounts, table: null }
  if (denied !== undefined && allowed === undefined) return { mounts, table: { kind: 'denied', path: denied } }
  if (allowed !== undefined && denied === undefined) return { mounts, table: { kind: 'allowed', path: allowed } }
  return 'Cannot start the exec gate: mode digests needs execGate.denied or execGate.allowed, and not both'
}

import { boolean, nullable, object, optional, parseJson, text, utf8Encode } from '@firebreak/kernel'

/** What a sensor process is told by who starts it, as its one argument. */
export interface SensorSettings {
  /** Only this tier, or none at all; null: the best that works. */
  readonly tier: string | null
  /** Null: no files are watched. */
  readonly files: SensorFiles | null
  /** Whether an exec gate reads arguments while callers are held, and sends them; default no. */
  readonly heldArguments?: boolean
}

export interface SensorFiles {
  /** The agent's own: what its processes do there is no event. */
  readonly ownFolder: string | null
}

const SETTINGS_SIZE_BYTES_MAX = 16_384
const PATH_CHARS_MAX = 4096

const settings = object<SensorSettings>({
  tier: nullable(text(32)),
  files: nullable(object<SensorFiles>({ ownFolder: nullable(text(PATH_CHARS_MAX)) })),
  heldArguments: optional(boolean),
})

/**
 * @param argument - as `JSON.stringify` wrote it
 * @throws KernelError kernel/malformed
 */
export function readSensorSettings(argument: string): SensorSettings {
  return settings(parseJson(utf8Encode(argument), SETTINGS_SIZE_BYTES_MAX, 'sensor settings'), 'settings')
}

import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import type { Detection } from './detection.ts'

const ID_CHARS = 32

/** The same rule on the same event has the same id, so that whoever receives a detection twice can tell. */
export function detectionId({ ruleId, timeMs, fields }: Detection): string {
  const text = JSON.stringify([ruleId, timeMs, fields.map(({ field, value }) => [field, value])])
  return sha256Hex(utf8Encode(text.toWellFormed())).slice(0, ID_CHARS)
}

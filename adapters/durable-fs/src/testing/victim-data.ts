import { utf8Encode } from '@firebreak/kernel'

export const NEW_BYTES: Uint8Array = utf8Encode('new'.repeat(50_000))
/** Of ten bytes each, so that a batch that is written in part leaves whole lines behind. */
export const FILL_BATCH: string = Array.from({ length: 300 }, (_, i) => `line ${String(i).padStart(4, '0')}\n`).join('')

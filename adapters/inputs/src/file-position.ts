import { fromBase64, integer, jsonBytes, KernelError, object, parseJson, text, toBase64 } from '@firebreak/kernel'
import { InputError } from './errors.ts'
import { TAIL_BYTES_MAX } from './limits.ts'

/** A place in a file that has no name of its own: the file is known by device and inode. */
export interface FilePosition {
  /** Decimal, as stat(2) has them. */
  readonly device: string
  readonly inode: string
  /** Bytes; behind a whole line. */
  readonly offset: number
  /** The bytes before it, at most TAIL_BYTES_MAX: a file that was emptied and filled again has others. */
  readonly tail: Uint8Array
}

/** What a saved position takes at most. */
export const POSITION_BYTES_MAX = 512
const number = text(20, /^\d+$/)

const savedPosition = object<Omit<FilePosition, 'tail'> & { tail: string }>({
  device: number,
  inode: number,
  offset: integer(0, Number.MAX_SAFE_INTEGER),
  tail: text(2 * TAIL_BYTES_MAX),
})

export function encodePosition(position: FilePosition): Uint8Array {
  return jsonBytes({ ...position, tail: toBase64(position.tail) })
}

/** @throws InputError input/malformed */
export function parsePosition(bytes: Uint8Array): FilePosition {
  try {
    const { tail, ...place } = savedPosition(parseJson(bytes, POSITION_BYTES_MAX, 'position'), 'position')
    const before = fromBase64(tail)
    if (before.length > TAIL_BYTES_MAX || before.length > place.offset) throw new InputError('input/malformed', 'Cannot read position: its tail is too long') // prettier-ignore
    return { ...place, tail: before }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new InputError('input/malformed', error.message, error.details, error)
  }
}

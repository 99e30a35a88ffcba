import { absentAs, boolean, integer, nullable, object, parseJson, type Reader, text } from '@firebreak/kernel'
import type { FileCounters, LineRefusal, RefusalCounts } from '@firebreak/inputs'

/** What an input says of itself, counted since its process began. */
export interface InputStatus {
  readonly refused: RefusalCounts
  readonly file: FileCounters
  /** Why it reads nothing at the moment; null when it does. */
  readonly fault: string | null
  /** Its source has ended, for good. */
  readonly isEnded: boolean
}

export const NO_STATUS: InputStatus = {
  refused: { 'too-long': 0, malformed: 0, 'other-shape': 0, 'not-supplied': 0 },
  file: { rotations: 0, truncations: 0, gaps: 0 },
  fault: null,
  isEnded: false,
}

/** Batches that an input sends before it hears that they were judged. */
export const BATCHES_OPEN_MAX = 32
/** A batch of an input, with room for names. */
export const INPUT_FRAME_BYTES_MAX: number = 4 * 1024 * 1024
export const POSITION_SIZE_BYTES_MAX = 512
const STATUS_SIZE_BYTES_MAX = 4_096
export const FAULT_CHARS_MAX = 300
const count = integer(0, Number.MAX_SAFE_INTEGER)
const refusals: { readonly [K in LineRefusal]-?: Reader<number> } = {
  'too-long': count,
  malformed: count,
  'other-shape': count,
  'not-supplied': count,
}

const inputStatus = object<InputStatus>({
  refused: object<RefusalCounts>(refusals),
  file: object<FileCounters>({ rotations: count, truncations: count, gaps: count }),
  fault: absentAs(null, nullable(text(FAULT_CHARS_MAX))),
  isEnded: boolean,
})

/** An input reads what others write, so what it says is read as hostile. @throws KernelError kernel/malformed */
export function parseInputStatus(bytes: Uint8Array): InputStatus {
  return inputStatus(parseJson(bytes, STATUS_SIZE_BYTES_MAX, 'input'), 'input')
}

import { type ByteText, byteTextAt } from '../sensor/byte-text.ts'

/** Arguments of one process, read while it was held in execve. */
export interface ProcessArguments {
  readonly pid: number
  /** When they were read, in milliseconds since boot. */
  readonly bootMs: number
  /** Each argument with its NUL. */
  readonly argv: ByteText
}

/** Bytes of a batch at most; its reader takes no longer one. */
const ARGUMENTS_BATCH_BYTES_MAX = 1024 * 1024

/** {pid u32, length u32, boot milliseconds f64}, then the arguments. */
const HEADER_BYTES = 16

export function encodeArguments({ pid, bootMs, argv }: ProcessArguments): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + argv.length)
  bytes.writeUInt32LE(pid, 0)
  bytes.writeUInt32LE(argv.length, 4)
  bytes.writeDoubleLE(bootMs, 8)
  bytes.write(argv, HEADER_BYTES, 'latin1')
  return bytes
}

/** @returns what is whole, up to the first entry that is not: the rest of such a batch is nobody's */
export function decodeArguments(bytes: Uint8Array): readonly ProcessArguments[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, ARGUMENTS_BATCH_BYTES_MAX))
  const entries: ProcessArguments[] = []
  for (let at = 0; at + HEADER_BYTES <= buffer.length;) {
    const start = at + HEADER_BYTES
    const end = start + buffer.readUInt32LE(at + 4)
    const bootMs = buffer.readDoubleLE(at + 8)
    if (end > buffer.length || !Number.isFinite(bootMs)) break
    entries.push({ pid: buffer.readUInt32LE(at), bootMs, argv: byteTextAt(buffer, start, end) })
    at = end
  }
  return entries
}

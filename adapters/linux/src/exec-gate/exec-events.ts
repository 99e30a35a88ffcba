/** One open for execution whose caller is held until it is answered. */
export interface HeldExec {
  /** The file, open to be read: by what is executed itself, whatever becomes of its name. */
  readonly fd: number
  readonly pid: number
}

const METADATA_BYTES = 24
const METADATA_VERSION = 3

/**
 * Reads what read(2) on a group for permission events returned: {length u32, version u8, reserved u8, metadata length
 * u16, mask u64, fd i32, pid i32}.
 *
 * @returns null when a kernel that we do not know wrote it: nobody knows then whom to answer
 */
export function readHeldExecs(bytes: Buffer): readonly HeldExec[] | null {
  const held: HeldExec[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + METADATA_BYTES > bytes.length || bytes[at + 4] !== METADATA_VERSION) return null
    const length = bytes.readUInt32LE(at)
    if (length < METADATA_BYTES || at + length > bytes.length) return null
    const fd = bytes.readInt32LE(at + 16)
    if (fd >= 0) held.push({ fd, pid: bytes.readInt32LE(at + 20) }) // negative: the queue was full
    at += length
  }
  return held
}

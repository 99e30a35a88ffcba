import { type ByteText, byteTextAt } from '../sensor/byte-text.ts'

/** Bits of an event's mask (linux/fanotify.h). One event may have several: the kernel merges what waits unread. */
export const FAN = {
  attribute: 0x4,
  closeWrite: 0x8,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  overflow: 0x4000,
  rename: 0x1000_0000,
  onFolder: 0x4000_0000,
} as const

/** A name in a folder. */
export interface Place {
  /** The folder's `struct file_handle`, each byte a character: a key, and what open_by_handle_at takes. */
  readonly folder: string
  /** `.` is the folder itself. Chosen by whoever made the file. */
  readonly name: ByteText
}

/** One event of a group that was opened with FID records. */
export interface FidEvent {
  /** The low 32 bits; see FAN. */
  readonly mask: number
  /** Who did it; 0 when it is of another pid namespace. */
  readonly pid: number
  /** Of a rename: the new place. Null when the kernel knows none, as for a link count. */
  readonly place: Place | null
  /** Of a rename: the old place. */
  readonly source: Place | null
  /** Of an event on a folder: the folder's own handle. */
  readonly folder: string | null
}

export interface FidEvents {
  readonly events: readonly FidEvent[]
  /** True when the bytes are not what a kernel of ABI version 3 writes; the events before that point stand. */
  readonly malformed: boolean
}

/** What MAX_HANDLE_SZ allows. */
export const HANDLE_BYTES_MAX = 128

/** The name that stands for the folder itself. */
export const ITSELF = '.' as ByteText

const METADATA_VERSION = 3
/** struct fanotify_event_metadata {len u32, version u8, reserved u8, metadata length u16, mask u64, fd i32, pid i32}. */
const METADATA_BYTES = 24
/** struct fanotify_event_info_header {type u8, pad u8, len u16}, then fsid 8 bytes, then struct file_handle. */
const HANDLE_AT = 12
const HANDLE_HEADER_BYTES = 8
const INFO_BYTES_MIN = HANDLE_AT + HANDLE_HEADER_BYTES

const INFO = { object: 1, folderAndName: 2, folder: 3, oldFolderAndName: 10, newFolderAndName: 12 } as const

/** Reads what one or more read(2) calls on a group returned. Names in it are attacker-controlled. */
export function readFidEvents(bytes: Buffer): FidEvents {
  const events: FidEvent[] = []
  let at = 0
  while (at < bytes.length) {
    const event = readEvent(bytes, at)
    if (event === null) return { events, malformed: true }
    events.push(event)
    at += bytes.readUInt32LE(at)
  }
  return { events, malformed: false }
}

function readEvent(bytes: Buffer, at: number): FidEvent | null {
  if (at + METADATA_BYTES > bytes.length) return null
  const end = at + bytes.readUInt32LE(at)
  const metadataLength = bytes.readUInt16LE(at + 6)
  if (bytes[at + 4] !== METADATA_VERSION || metadataLength < METADATA_BYTES) return null
  if (end > bytes.length || end < at + metadataLength) return null
  const mask = bytes.readUInt32LE(at + 8)
  let place: Place | null = null
  let source: Place | null = null
  let folder: string | null = null
  for (let info = at + metadataLength; info < end; info += bytes.readUInt16LE(info + 2)) {
    const infoEnd = endOfInfo(bytes, info, end)
    if (infoEnd === null) return null
    const type = bytes[info]
    if (type === INFO.object) {
      if ((mask & FAN.onFolder) !== 0) folder = handleOf(bytes, info)
    } else if (type === INFO.oldFolderAndName) source = placeOf(bytes, info, infoEnd)
    else if (type === INFO.folderAndName || type === INFO.newFolderAndName) place = placeOf(bytes, info, infoEnd)
    else if (type === INFO.folder) place = { folder: handleOf(bytes, info), name: ITSELF }
  }
  return { mask, pid: bytes.readInt32LE(at + 20), place, source, folder }
}

/** @returns null when the record is not wholly there, or its handle does not fit into it */
function endOfInfo(bytes: Buffer, info: number, end: number): number | null {
  if (info + INFO_BYTES_MIN > end) return null
  const infoEnd = info + bytes.readUInt16LE(info + 2)
  const handleBytes = bytes.readUInt32LE(info + HANDLE_AT)
  if (handleBytes > HANDLE_BYTES_MAX || infoEnd > end || info + INFO_BYTES_MIN + handleBytes > infoEnd) return null
  return infoEnd
}

function handleOf(bytes: Buffer, info: number): string {
  return bytes.toString('latin1', info + HANDLE_AT, endOfHandle(bytes, info))
}

function endOfHandle(bytes: Buffer, info: number): number {
  return info + INFO_BYTES_MIN + bytes.readUInt32LE(info + HANDLE_AT)
}

/** The name ends at its first NUL; what follows is padding. */
function placeOf(bytes: Buffer, info: number, infoEnd: number): Place {
  const nameAt = endOfHandle(bytes, info)
  let nameEnd = nameAt
  while (nameEnd < infoEnd && bytes[nameEnd] !== 0) nameEnd++
  return { folder: bytes.toString('latin1', info + HANDLE_AT, nameAt), name: byteTextAt(bytes, nameAt, nameEnd) }
}

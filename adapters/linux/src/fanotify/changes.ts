import type { ByteText } from '../sensor/byte-text.ts'
import { FAN, type FidEvent } from './fid-events.ts'
import type { FolderPaths } from './folder-paths.ts'

/** What happened to one file or folder, and who did it. */
export interface SeenChange {
  readonly pid: number
  readonly kind: 'create' | 'write' | 'rename' | 'delete' | 'attribute'
  readonly path: ByteText
  /** Of a rename: where it was; null when the kernel does not say. */
  readonly sourcePath: ByteText | null
}

export interface NamedChanges {
  readonly changes: readonly SeenChange[]
  /** Events of which nobody knows any more where they were. */
  readonly unnamed: number
}

/**
 * Gives names to the events of one file system, in their order. What the kernel merged into one event comes as it most
 * often happens: made, changed, renamed, removed. A file that was made and written is one change.
 */
export function nameChanges(events: readonly FidEvent[], paths: FolderPaths): NamedChanges {
  for (const { folder, place } of events) if (folder !== null && place !== null) paths.learn(folder, place)
  const changes: SeenChange[] = []
  let unnamed = 0
  for (const event of events) {
    const { mask, pid, place, source } = event
    if (place === null || (mask & FAN.overflow) !== 0) continue // an overflow, or a link count
    const path = paths.pathOf(place)
    if (path === null) {
      unnamed++
      continue
    }
    if ((mask & FAN.create) !== 0) changes.push({ pid, kind: 'create', path, sourcePath: null })
    else if ((mask & FAN.closeWrite) !== 0) changes.push({ pid, kind: 'write', path, sourcePath: null })
    if ((mask & FAN.attribute) !== 0) changes.push({ pid, kind: 'attribute', path, sourcePath: null })
    if ((mask & (FAN.rename | FAN.movedTo)) !== 0) {
      changes.push({ pid, kind: 'rename', path, sourcePath: source && paths.pathOf(source) })
      if ((mask & FAN.onFolder) !== 0) paths.forgetPaths()
    }
    if ((mask & FAN.delete) !== 0) changes.push({ pid, kind: 'delete', path, sourcePath: null })
  }
  return { changes, unnamed }
}

/**
 * Of more events than can be handled, those to keep: every folder gets the same share, in order, so that who makes a
 * storm in one folder hides nothing that happens in another.
 *
 * @returns all of them when they are no more than `countMax`, else at most `countMax`
 */
export function keepFairShares(events: readonly FidEvent[], countMax: number): readonly FidEvent[] {
  if (events.length <= countMax) return events
  const left = new Map<string, number>()
  for (const event of events) left.set(folderOf(event), (left.get(folderOf(event)) ?? 0) + 1)
  const share = Math.max(1, fairShare([...left.values()], countMax))
  for (const folder of left.keys()) left.set(folder, share)
  const kept = events.filter((event) => {
    const folder = folderOf(event)
    const more = left.get(folder) ?? 0
    if (more > 0) left.set(folder, more - 1)
    return more > 0
  })
  return kept.slice(0, countMax) // more folders than there is room for
}

/** The largest share such that the sum of min(count, share) stays within `countMax`. */
function fairShare(counts: readonly number[], countMax: number): number {
  let room = countMax
  let folders = counts.length
  for (const count of counts.toSorted((a, b) => a - b)) {
    if (count * folders > room) break
    room -= count
    folders--
  }
  return folders === 0 ? countMax : Math.floor(room / folders)
}

function folderOf({ place }: FidEvent): string {
  return place?.folder ?? ''
}

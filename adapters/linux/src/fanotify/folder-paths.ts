import { putBounded } from '../bounded-map.ts'
import type { ByteText } from '../sensor/byte-text.ts'
import { ITSELF, type Place } from './fid-events.ts'

/** Folders of one file system whose path is remembered; the oldest goes first. About 200 bytes each. */
export const FOLDER_COUNT_MAX = 8192

/** Folders within folders that are followed to find the path of one that is gone. */
const GONE_DEPTH_MAX = 64

/** As long as the kernel's own paths (PATH_MAX). */
export const FOLDER_PATH_BYTES_MAX = 4096

/** Of a folder that lies deeper than that: anybody may nest them so. */
export const TOO_DEEP = Symbol('too deep')

export type FolderPath = ByteText | typeof TOO_DEEP

/**
 * The paths of the folders of one file system, by handle. A handle is of one folder for ever, also after that is
 * gone; its path holds until a folder above it moves.
 *
 * Invariants: at most FOLDER_COUNT_MAX paths, none longer than FOLDER_PATH_BYTES_MAX, and as many places, are kept; no
 * path from before a `forgetPaths` is given out after it.
 */
export class FolderPaths {
  readonly #open: (folder: string) => FolderPath | null
  readonly #paths = new Map<string, FolderPath>()
  /** Where folders were that came or went: how to find those that are gone before anybody could ask. */
  readonly #places = new Map<string, Place>()

  /** @param open - the path of the folder with this handle as the kernel has it now; null when it is gone */
  constructor(open: (folder: string) => FolderPath | null) {
    this.#open = open
  }

  /** @returns null when nobody knows any more where it was, or no path is that long */
  pathOf(place: Place): ByteText | null {
    const folder = this.#folderPath(place.folder, 0)
    if (folder === null || folder === TOO_DEEP) return null
    return place.name === ITSELF ? folder : within(folder, place.name)
  }

  /** `folder` came to be, or ceased to be, at `place`. */
  learn(folder: string, place: Place): void {
    putBounded(this.#places, folder, place, FOLDER_COUNT_MAX)
  }

  /** A folder moved, or a file system did: no path holds any more. */
  forgetPaths(): void {
    this.#paths.clear()
  }

  #folderPath(folder: string, depth: number): FolderPath | null {
    const known = this.#paths.get(folder)
    if (known !== undefined) return known
    const path = this.#open(folder) ?? this.#lastPath(folder, depth)
    if (path !== null) putBounded(this.#paths, folder, path, FOLDER_COUNT_MAX) // else a later event may still tell
    return path
  }

  #lastPath(folder: string, depth: number): FolderPath | null {
    const place = this.#places.get(folder)
    if (place === undefined || place.name === ITSELF || depth >= GONE_DEPTH_MAX) return null
    const parent = this.#folderPath(place.folder, depth + 1)
    if (parent === null || parent === TOO_DEEP) return parent
    const path = within(parent, place.name)
    return path.length > FOLDER_PATH_BYTES_MAX ? TOO_DEEP : path
  }
}

function within(folder: ByteText, name: ByteText): ByteText {
  return (folder === '/' ? `/${name}` : `${folder}/${name}`) as ByteText
}

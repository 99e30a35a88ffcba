import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { STANDARD_INPUT } from './blocks.ts'
import { EventFilesError } from './errors.ts'
import { FILES_MAX, FOLDER_DEPTH_MAX } from './limits.ts'
import { isSystemError, unreadable } from './read-events.ts'

/** In a folder, only files whose names say that they hold events; a file that is named itself is read whatever its name. */
const EVENT_FILE = /\.(?:jsonl|ndjson|json|csv|tsv|evtx)(?:\.gz)?$/i

export interface EventFile {
  /** As given, or below the folder as given. `-` is standard input. */
  readonly path: string
  /** On the disk, packed as it may be; null where nobody can know. */
  readonly sizeBytes: number | null
}

/**
 * The files that `paths` name: files as they are, folders with everything below them that has the name of an event file,
 * in the order of their names. Symbolic links inside folders are not followed, so that no file is met twice.
 *
 * @throws EventFilesError event-files/unreadable | event-files/too-many
 */
export async function findEventFiles(paths: readonly string[]): Promise<readonly EventFile[]> {
  const found: EventFile[] = []
  for (const path of paths) {
    if (path === STANDARD_INPUT) found.push({ path, sizeBytes: null })
    else await addPath(path, found)
  }
  return found
}

async function addPath(path: string, found: EventFile[]): Promise<void> {
  try {
    const status = await stat(path)
    if (status.isDirectory()) await addFolder(path, found, 0)
    else found.push({ path, sizeBytes: status.isFile() ? status.size : null })
  } catch (error) {
    throw isSystemError(error) ? unreadable(path, error) : error
  }
}

async function addFolder(folder: string, found: EventFile[], depth: number): Promise<void> {
  if (depth > FOLDER_DEPTH_MAX) throw tooMany(`${folder}: folders are nested deeper than ${FOLDER_DEPTH_MAX}`)
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await addFolder(path, found, depth + 1)
    else if (entry.isFile() && EVENT_FILE.test(entry.name)) {
      if (found.length >= FILES_MAX) throw tooMany(`${folder}: more than ${FILES_MAX} files`)
      found.push({ path, sizeBytes: (await stat(path)).size })
    }
  }
}

function tooMany(why: string): EventFilesError {
  return new EventFilesError('event-files/too-many', `Cannot scan ${why}`)
}

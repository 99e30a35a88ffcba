import { realpathSync } from 'node:fs'
import process from 'node:process'
import { LinuxError } from '../errors.ts'
import type { SeenChange } from '../fanotify/changes.ts'
import { type FileLosses, FileWatcher } from '../fanotify/file-watcher.ts'
import { byteText, type ByteText } from './byte-text.ts'
import type { Observer } from './observer.ts'
import type { Process } from './process-table.ts'

export const FILE_CATEGORIES = ['file_event', 'file_delete', 'file_rename', 'file_change'] as const

/** Which files to watch. */
export interface FileOptions {
  /** The agent's own folder. What its own processes do there is no event: each would be the cause of the next. */
  readonly ownFolder?: string
  /** Only file systems that are mounted here; default all. */
  readonly mountPoints?: readonly string[]
}

export interface FileEvents {
  losses(): FileLosses
  /** File systems that can't be watched, with the reason. */
  unwatched(): readonly string[]
  close(): void
}

/**
 * Reports what happens to files, beside whatever tier reports processes.
 *
 * @param catchUp - brings the process table up to now, and starts a round of the observer
 * @throws LinuxError linux/fanotify-unavailable
 */
export function openFileEvents(observer: Observer, options: FileOptions, catchUp: () => void): FileEvents {
  const own = options.ownFolder === undefined ? null : new OwnFiles(options.ownFolder)
  const { mountPoints } = options
  const watcher = new FileWatcher({
    // Who did it is asked for after everything was read, so that a process has started by then as far as we know.
    onRead: catchUp,
    // Handed on with the tier's next round: each batch wakes three processes.
    onChanges: (changes) => report(observer, changes, own),
    isWanted: ({ mountPoint }) => mountPoints?.includes(mountPoint.toString()) ?? true,
  })
  return {
    losses: () => watcher.losses(),
    unwatched: () => watcher.unwatched.map(({ mountPoint, reason }) => `${mountPoint} (${reason})`),
    close: () => watcher.close(),
  }
}

function report(observer: Observer, changes: readonly SeenChange[], own: OwnFiles | null): void {
  const processes = new Map<number, Process | null>()
  for (const change of changes) {
    let known = processes.get(change.pid)
    if (known === undefined) {
      known = observer.table.find(change.pid, null) ?? learn(observer, change.pid)
      processes.set(change.pid, known)
    }
    if (own?.has(change, known) === true) continue
    observer.fileChanged(known, change.pid, change, observer.bootMs)
  }
}

/** The kernel says 0 of a process in a pid namespace that is not below ours. */
function learn(observer: Observer, pid: number): Process | null {
  return pid <= 0 ? null : observer.learn(pid)
}

/** What the agent itself writes: in its folder, by the supervisor, which started us, or by a child of it. */
class OwnFiles {
  readonly #folder: ByteText

  /** @throws LinuxError linux/fanotify-unavailable: without it, each batch of events would be the cause of the next */
  constructor(folder: string) {
    try {
      this.#folder = byteText(realpathSync(folder))
    } catch (cause) {
      const message = `Cannot watch files: the agent's own folder ${folder} can not be found`
      throw new LinuxError('linux/fanotify-unavailable', message, {}, cause)
    }
  }

  has({ pid, path }: SeenChange, by: Process | null): boolean {
    if (path !== this.#folder && !path.startsWith(`${this.#folder}/`)) return false
    return pid === process.ppid || by?.parentPid === process.ppid
  }
}

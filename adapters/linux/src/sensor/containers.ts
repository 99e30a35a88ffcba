import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { putBounded } from '../bounded-map.ts'
import { type ByteText, pathBytes } from './byte-text.ts'
import { containerOfPath, containerOfProcess, unifiedPath } from './container-name.ts'

/** Cgroups remembered; the oldest goes first. The kernel never gives an id out again. */
const CGROUP_COUNT_MAX = 4096

/** Folders of one walk over a hierarchy, which takes about 10 µs each. */
const WALK_COUNT_MAX = 4096

/** Between two walks: new cgroups of processes that are gone already stay unnamed that long. */
const WALK_INTERVAL_MS = 5_000

const CGROUP_FOLDER = '/sys/fs/cgroup'
/** Hierarchies of version 1 in which every runtime makes a folder for its container. */
const FIRST_VERSION = ['pids', 'memory', 'systemd', 'cpu']

/**
 * Which container a process is in, by the cgroup that the kernel reported. Where version 2 is the only hierarchy, its id
 * is the inode of its folder, and is looked up once. With version 1 every process would have to be asked; so it is only
 * done where there are containers at all.
 */
export class Containers {
  readonly #folder: string
  readonly #unified: boolean
  readonly #known = new Map<number, ByteText | null>()
  #walkedMs = Number.NEGATIVE_INFINITY
  #anyContainer = false

  constructor(folder: string = CGROUP_FOLDER) {
    this.#folder = folder
    this.#unified = existsSync(join(folder, 'cgroup.controllers'))
  }

  /**
   * @param cgroup - as the kernel numbers it
   * @param inherited - the parent's container: what is left to say when the process is gone
   * @param nowMs - monotonic
   */
  of(cgroup: number, pid: number, inherited: ByteText | null, nowMs: number): ByteText | null {
    if (!this.#unified) return this.#ofFirstVersion(pid, inherited, nowMs)
    const known = this.#known.get(cgroup)
    return known === undefined ? this.#find(cgroup, pid, nowMs) : known
  }

  #find(cgroup: number, pid: number, nowMs: number): ByteText | null {
    const path = unifiedPath(readCgroups(pid))
    if (path !== null && inodeOf(within(this.#folder, path)) === cgroup) this.#remember(cgroup, containerOfPath(path))
    else if (this.#mayWalk(nowMs)) {
      walk(this.#folder, (folder, found) => this.#remember(inodeOf(within(this.#folder, folder)), found))
      if (!this.#known.has(cgroup)) this.#remember(cgroup, null) // gone: nobody will ever say
    }
    return this.#known.get(cgroup) ?? null
  }

  #ofFirstVersion(pid: number, inherited: ByteText | null, nowMs: number): ByteText | null {
    if (this.#mayWalk(nowMs)) {
      const root = FIRST_VERSION.map((name) => join(this.#folder, name)).find((path) => existsSync(path))
      this.#anyContainer = false
      if (root !== undefined) walk(root, (_, found) => (this.#anyContainer ||= found !== null))
    }
    if (!this.#anyContainer) return inherited
    const text = readCgroups(pid)
    return text === '' ? inherited : containerOfProcess(text)
  }

  #mayWalk(nowMs: number): boolean {
    if (nowMs - this.#walkedMs < WALK_INTERVAL_MS) return false
    this.#walkedMs = nowMs
    return true
  }

  #remember(cgroup: number | null, container: ByteText | null): void {
    if (cgroup !== null) putBounded(this.#known, cgroup, container, CGROUP_COUNT_MAX)
  }
}

/** Breadth first, so that a limit cuts the deepest. */
function walk(root: string, visit: (folder: ByteText, container: ByteText | null) => void): void {
  const folders = ['/' as ByteText]
  for (const folder of folders) {
    visit(folder, containerOfPath(folder))
    for (const name of foldersIn(within(root, folder))) {
      if (folders.length < WALK_COUNT_MAX) folders.push(within(folder, name))
    }
  }
}

function within(folder: string, path: string): ByteText {
  return join(folder, path) as ByteText
}

function foldersIn(path: ByteText): readonly string[] {
  try {
    const entries = readdirSync(pathBytes(path), { withFileTypes: true, encoding: 'latin1' })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return [] // gone since it was listed
  }
}

/** @returns null for one that is gone, or deeper than a path can be long: whoever has a cgroup may nest more in it */
function inodeOf(path: ByteText): number | null {
  try {
    return statSync(pathBytes(path)).ino
  } catch {
    return null
  }
}

function readCgroups(pid: number): ByteText {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1') as ByteText
  } catch {
    return '' as ByteText // the process has ended
  }
}

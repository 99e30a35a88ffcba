import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { readDurable } from '@firebreak/durable-fs'
import { errorMessage } from '@firebreak/kernel'
import { digestOf, MANIFEST_SIZE_BYTES_MAX, type OwnFile, parseManifest } from './manifest.ts'
import type { NoticeCode } from './notices.ts'

/** Somebody who writes a file does so in many steps: looked at once they pause. */
const SETTLE_MS = 200
/** The net below the watch, which a full queue or a mount can blind. 120 MB take about 0.2 s of CPU time. */
const PASS_INTERVAL_MS = 600_000

export interface OwnFilesOptions {
  readonly manifest: string
  readonly onNotice: (code: NoticeCode, message: string) => void
  readonly settleMs?: number
}

/**
 * Watches the files that this agent runs, against the manifest of its installer: all at the start and every ten minutes, each when it
 * changes. It only tells: nothing found here stops protection. Without a manifest, as in a checkout, there is nothing to watch.
 */
export class OwnFiles {
  readonly #options: OwnFilesOptions
  readonly #watchers: FSWatcher[] = []
  readonly #pending = new Set<string>()
  /** By path: the digest that was told last, so that each change is told once. */
  readonly #told = new Map<string, string>()
  #files: readonly OwnFile[] = []
  /** Of the manifest that this run began with. */
  #manifestDigest: string | null = null
  #timer: NodeJS.Timeout | null = null
  #net: NodeJS.Timeout | null = null
  #verifying: Promise<void> = Promise.resolve()

  constructor(options: OwnFilesOptions) {
    this.#options = options
  }

  /** Resolves when every file was looked at once; protection need not wait for it. */
  async start(): Promise<void> {
    const bytes = await this.#readManifest()
    if (bytes === null) return
    try {
      this.#files = parseManifest(bytes).files
    } catch (error) {
      this.#options.onNotice('tamper/manifest-changed', `Own files are not checked: ${errorMessage(error)}`)
      return
    }
    this.#manifestDigest = sha256Hex(bytes)
    for (const folder of new Set(this.#files.map(({ path }) => dirname(path)))) this.#watch(folder)
    this.#net = setInterval(() => void this.verify(), PASS_INTERVAL_MS).unref()
    await this.verify()
  }

  /** Looks at every file, and at the manifest. One pass at a time. */
  verify(): Promise<void> {
    this.#verifying = this.#verifying.then(async () => {
      const bytes = await this.#readManifest()
      if (this.#manifestDigest !== null && (bytes === null || sha256Hex(bytes) !== this.#manifestDigest)) {
        this.#tell(this.#options.manifest, bytes && sha256Hex(bytes), 'tamper/manifest-changed')
      }
      for (const file of this.#files) await this.#check(file)
    })
    return this.#verifying
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.close()
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#net) clearInterval(this.#net)
    this.#files = []
  }

  async #readManifest(): Promise<Uint8Array | null> {
    return readDurable(this.#options.manifest, MANIFEST_SIZE_BYTES_MAX).catch(() => null)
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => this.#onEvent(folder, name))
      watcher.on('error', () => watcher.close()) // the passes go on
      this.#watchers.push(watcher)
    } catch {
      // No folder, or no inotify instance left: the passes find what there is to find.
    }
  }

  #onEvent(folder: string, name: string | null): void {
    for (const { path } of this.#files) {
      if (dirname(path) === folder && (name === null || basename(path) === name)) this.#pending.add(path)
    }
    if (this.#pending.size === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      const changed = this.#files.filter(({ path }) => this.#pending.delete(path))
      this.#verifying = this.#verifying.then(async () => {
        for (const file of changed) await this.#check(file)
      })
    }, this.#options.settleMs ?? SETTLE_MS)
  }

  async #check({ path, sha256 }: OwnFile): Promise<void> {
    const found = await digestOf(path)
    if (found === sha256) this.#told.delete(path)
    else this.#tell(path, found, 'tamper/code-changed')
  }

  #tell(path: string, found: string | null, code: NoticeCode): void {
    const now = found ?? 'gone'
    if (this.#told.get(path) === now) return
    this.#told.set(path, now)
    const what = found === null ? 'is gone or unreadable' : `is another file than was installed: ${found}`
    this.#options.onNotice(code, `${path} ${what}`)
  }
}

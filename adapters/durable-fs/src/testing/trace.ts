import fs from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, resolve } from 'node:path'

/** What a process did to files, in order. Paths are absolute; a file is known by the number that it got when it was made. */
export type DiskOp =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly base64: string }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'sync-folder'; readonly path: string }
  /** Not the disk's: what the process says that it has reached. */
  | { readonly kind: 'mark'; readonly text: string }

/** Known files, by path: those that were there before are asked for by their first use. */
export type FileNumber = (path: string) => number

/**
 * Tells of every change that this process makes below `root` through `node:fs/promises`, just before it is made, for the rest of its
 * life. The real functions do the work. For child processes of tests.
 */
export function traceWrites(root: string, onOp: (op: DiskOp) => void): void {
  const tracer = new Tracer(resolve(root), onOp)
  tracer.install()
  syncBuiltinESMExports()
}

type Call = (...args: never[]) => Promise<unknown>

class Tracer {
  readonly #root: string
  readonly #onOp: (op: DiskOp) => void
  readonly #numbers = new Map<string, number>()
  readonly #handles = new WeakMap<object, { readonly file: number | null; readonly folder: string | null }>()
  #next = 1

  constructor(root: string, onOp: (op: DiskOp) => void) {
    this.#root = root
    this.#onOp = onOp
  }

  install(): void {
    const real = { ...fs.promises }
    const replace = (name: string, call: Call) => Object.assign(fs.promises, { [name]: call })
    replace('open', async (path: string, flags: number | string, mode?: number) => {
      const handle = await this.#open(path, flags, () => real.open(path, flags, mode))
      patchOnce(handle, this)
      return handle
    })
    replace('rename', (from: string, to: string) => {
      this.#tell(to, { kind: 'rename', from: resolve(from), to: resolve(to) })
      this.#move(resolve(from), resolve(to))
      return real.rename(from, to)
    })
    replace('rm', (path: string, options: object) => {
      if (fs.existsSync(path)) this.#tell(path, { kind: 'remove', path: resolve(path) })
      this.#numbers.delete(resolve(path))
      return real.rm(path, options)
    })
    replace('symlink', (target: string, path: string) => {
      if (!fs.existsSync(path)) this.#tell(path, { kind: 'link', path: resolve(path), target })
      return real.symlink(target, path)
    })
    replace('mkdir', (path: string, options: fs.MakeDirectoryOptions) => {
      for (const made of missing(resolve(path))) this.#tell(made, { kind: 'folder', path: made })
      return real.mkdir(path, options)
    })
  }

  handleOp(handle: object, make: (file: number) => DiskOp): void {
    const known = this.#handles.get(handle)
    if (known?.folder != null) this.#onOp({ kind: 'sync-folder', path: known.folder })
    else if (known?.file != null) this.#onOp(make(known.file))
  }

  async #open(path: string, flags: number | string, work: () => Promise<FileHandle>): Promise<FileHandle> {
    const whole = resolve(path)
    const isNew = !fs.existsSync(path)
    const creates = typeof flags === 'number' ? (flags & fs.constants.O_CREAT) !== 0 : /[wa]/.test(flags)
    const isOurs = this.#isOurs(whole)
    if (isOurs && isNew && creates) {
      this.#numbers.set(whole, this.#next++)
      this.#onOp({ kind: 'create', path: whole, file: this.#numberOf(whole) })
    }
    const handle = await work()
    const isFolder = isOurs && fs.statSync(path).isDirectory()
    this.#handles.set(handle, {
      file: isOurs && !isFolder ? this.#numberOf(whole) : null,
      folder: isFolder ? whole : null,
    })
    return handle
  }

  /** Files that were there from the start get a number from their path's first use, told by a `create` that finds them. */
  #numberOf(path: string): number {
    const known = this.#numbers.get(path)
    if (known !== undefined) return known
    const file = this.#next++
    this.#numbers.set(path, file)
    this.#onOp({ kind: 'create', path, file })
    return file
  }

  #move(from: string, to: string): void {
    const file = this.#numbers.get(from)
    this.#numbers.delete(from)
    if (file !== undefined) this.#numbers.set(to, file)
  }

  #tell(path: string, op: DiskOp): void {
    if (this.#isOurs(resolve(path))) this.#onOp(op)
  }

  #isOurs(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}/`)
  }
}

/** The folders above and with `path` that are not there, from the top. */
function missing(path: string): readonly string[] {
  return fs.existsSync(path) ? [] : [...missing(dirname(path)), path]
}

const METHODS = ['sync', 'datasync', 'truncate', 'writeFile', 'write'] as const
type Method = (typeof METHODS)[number]
type AnyMethod = (this: FileHandle, ...args: unknown[]) => unknown
let isPatched = false

/** All handles share one prototype. */
function patchOnce(handle: FileHandle, tracer: Tracer): void {
  if (isPatched) return
  isPatched = true
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  const real = Object.fromEntries(METHODS.map((name) => [name, Reflect.get(prototype, name) as AnyMethod]))
  const told = (make: (file: number, args: readonly unknown[]) => DiskOp, name: Method) =>
    function (this: FileHandle, ...args: unknown[]): unknown {
      tracer.handleOp(this, (file) => make(file, args))
      return real[name]?.apply(this, args)
    }
  Object.assign(prototype, {
    sync: told((file) => ({ kind: 'sync', file }), 'sync'),
    datasync: told((file) => ({ kind: 'sync', file }), 'datasync'),
    truncate: told((file, [size]) => ({ kind: 'truncate', file, size: Number(size ?? 0) }), 'truncate'),
    writeFile: told((file, [bytes]) => ({ kind: 'write', file, at: 0, base64: base64(bytes) }), 'writeFile'),
    write: told((file, [bytes, offset, length, position]) => {
      const part = (bytes as Uint8Array).subarray(Number(offset), Number(offset) + Number(length))
      return { kind: 'write', file, at: Number(position), base64: base64(part) }
    }, 'write'),
  })
}

function base64(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('base64')
}

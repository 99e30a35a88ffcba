import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { DiskOp } from './trace.ts'

/**
 * What is left when the power goes. A disk may keep what was not synced, or not: names and bytes each for themselves.
 *
 * - killed: the process ends and the machine goes on: everything stays
 * - all-lost: nothing that was not synced
 * - names-kept: files have their new names, and none of their new bytes
 * - torn: as names-kept, with half of what was written last
 * - zeros: as names-kept, with zeros in place of the new bytes
 * - bytes-kept: files have their new bytes, and their old names
 */
export const CUTS = ['killed', 'all-lost', 'names-kept', 'torn', 'zeros', 'bytes-kept'] as const
export type Cut = (typeof CUTS)[number]

interface File {
  readonly kind: 'file'
  now: Buffer
  synced: Buffer
  /** The last write that was not synced. */
  last: { readonly at: number; readonly length: number } | null
}
type Node = File | { readonly kind: 'link'; readonly target: string } | { readonly kind: 'folder' }
/** By path. */
type Names = Map<string, Node>

/**
 * A disk below one folder, on which operations of a traced process are done again. Strict: no name is durable before its folder was
 * synced, no byte before its file was. Shares no code with what it judges.
 */
export class CutDisk {
  readonly #root: string
  readonly #names: Names = new Map([['', { kind: 'folder' }]])
  readonly #synced: Names = new Map([['', { kind: 'folder' }]])
  readonly #files = new Map<number, File>()

  /** @param root - of the paths in the operations */
  constructor(root: string) {
    this.#root = root
  }

  /** What was there, durably, before the process began; null for a folder. */
  put(path: string, bytes: Uint8Array | null): void {
    const copy = bytes && Buffer.from(bytes)
    const node: Node = copy ? { kind: 'file', now: copy, synced: copy, last: null } : { kind: 'folder' }
    this.#names.set(path, node)
    this.#synced.set(path, node)
  }

  apply(op: DiskOp): void {
    switch (op.kind) {
      case 'folder':
        this.#names.set(this.#at(op.path), { kind: 'folder' })
        return
      case 'create':
        return this.#create(this.#at(op.path), op.file)
      case 'link':
        this.#names.set(this.#at(op.path), { kind: 'link', target: op.target })
        return
      case 'write':
        return write(this.#file(op.file), op.at, Buffer.from(op.base64, 'base64'))
      case 'truncate': {
        const file = this.#file(op.file)
        file.now = Buffer.concat([file.now.subarray(0, op.size), Buffer.alloc(Math.max(0, op.size - file.now.length))])
        return
      }
      case 'sync': {
        const file = this.#file(op.file)
        file.synced = file.now
        file.last = null
        return
      }
      case 'rename': {
        const node = this.#names.get(this.#at(op.from))
        if (!node) throw new Error(`Cannot replay: ${op.from} is not there`)
        this.#names.delete(this.#at(op.from))
        this.#names.set(this.#at(op.to), node)
        return
      }
      case 'remove':
        this.#names.delete(this.#at(op.path))
        return
      case 'sync-folder':
        return this.#syncFolder(this.#at(op.path))
      case 'mark':
    }
  }

  /** Makes, in the real folder `target`, what a start after `cut` would find. */
  leave(cut: Cut, target: string): void {
    const names = cut === 'all-lost' || cut === 'bytes-kept' ? this.#synced : this.#names
    for (const path of [...names.keys()].toSorted()) {
      const node = names.get(path)
      // A name below a folder that was lost is lost with it.
      if (path === '' || !node || !names.has(parentOf(path))) continue
      const whole = join(target, path)
      if (node.kind === 'folder') mkdirSync(whole, { mode: 0o700 })
      else if (node.kind === 'link') symlinkSync(node.target, whole)
      else writeFileSync(whole, bytesAfter(cut, node), { mode: 0o600 })
    }
  }

  #create(path: string, number: number): void {
    const found = this.#names.get(path)
    const file: File =
      found?.kind === 'file' ? found : { kind: 'file', now: Buffer.alloc(0), synced: Buffer.alloc(0), last: null }
    this.#files.set(number, file)
    this.#names.set(path, file)
  }

  #syncFolder(folder: string): void {
    const isIn = (path: string) => path !== '' && parentOf(path) === folder
    for (const path of this.#synced.keys()) if (isIn(path)) this.#synced.delete(path)
    for (const [path, node] of this.#names) if (isIn(path)) this.#synced.set(path, node)
  }

  #file(number: number): File {
    const file = this.#files.get(number)
    if (!file) throw new Error(`Cannot replay: file ${number} was never opened`)
    return file
  }

  #at(path: string): string {
    return relative(this.#root, path)
  }
}

function parentOf(path: string): string {
  const parent = dirname(path)
  return parent === '.' || basename(path) === path ? '' : parent
}

function write(file: File, at: number, bytes: Buffer): void {
  const size = Math.max(file.now.length, at + bytes.length)
  const now = Buffer.alloc(size)
  file.now.copy(now)
  bytes.copy(now, at)
  file.now = now
  file.last = { at, length: bytes.length }
}

function bytesAfter(cut: Cut, { now, synced, last }: File): Buffer {
  if (cut === 'killed' || cut === 'bytes-kept') return now
  if (last === null || cut === 'all-lost' || cut === 'names-kept') return synced
  if (cut === 'torn') return now.subarray(0, last.at + Math.floor(last.length / 2))
  const zeros = Buffer.from(now)
  return zeros.fill(0, last.at, last.at + last.length)
}

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BLOCK_SIZE_BYTES, FORMAT_HEAD_SIZE_BYTES } from './limits.ts'

/** `-` is standard input. */
export const STANDARD_INPUT = '-'

export type Blocks = AsyncIterable<Uint8Array>

/** What a file gives, a block at a time. The caller destroys it. */
export function openBlocks(
  file: string,
  { onRead = () => {} }: { readonly onRead?: (bytes: number) => void },
): Readable {
  const stream = file === STANDARD_INPUT ? process.stdin : createReadStream(file, { highWaterMark: BLOCK_SIZE_BYTES })
  return stream.on('data', (block: Uint8Array) => onRead(block.length)).pause()
}

/** Ends when `signal` says so, also while nothing comes. */
export async function* untilAborted(source: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const stop = () => void source.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const block of source) {
      if (signal?.aborted === true) return
      yield block as Uint8Array
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** The first bytes of `blocks`, as many as tell a format, and an iterable that still has all of them; no mark of UTF-8. */
export async function peek(blocks: Blocks): Promise<{ readonly head: Uint8Array; readonly blocks: Blocks }> {
  const iterator = blocks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  while (head.length < FORMAT_HEAD_SIZE_BYTES) {
    const next = await iterator.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  head = head.subarray(markLength(head))
  return { head, blocks: rejoin(head, iterator) }
}

async function* rejoin(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

function markLength(head: Uint8Array): number {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

/** UTF-16 with a byte order mark, as PowerShell writes files. */
export function utf16Label(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  return null
}

export async function* fromUtf16(blocks: Blocks, label: 'utf-16le' | 'utf-16be'): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(label)
  for await (const block of blocks) {
    const text = decoder.decode(block, { stream: true })
    if (text !== '') yield Buffer.from(text)
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest)
}

/** Unpacks; ends without an error where the packed bytes are cut or corrupt, and says so. */
export async function* gunzip(blocks: Blocks, onDamage: () => void): AsyncGenerator<Uint8Array> {
  const unpack = createGunzip({ chunkSize: BLOCK_SIZE_BYTES })
  const feeding = feed(blocks, unpack)
  try {
    for await (const block of unpack) yield block as Uint8Array
  } catch (error) {
    if (!isZlibError(error)) throw error
    onDamage()
  }
  await feeding
}

async function feed(blocks: Blocks, into: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const block of blocks) {
      if (into.destroyed) return
      if (!into.write(block)) await writable(into)
    }
    into.end()
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Resolves when there is room again, or when it never will be asked for more. */
function writable(stream: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}

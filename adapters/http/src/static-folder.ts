import { hash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { HttpError } from './errors.ts'
import type { HttpRequest } from './routes.ts'

export interface StaticFolder {
  readonly folder: string
  /** Names whose bytes never change: cached for ever. */
  readonly immutable: RegExp
}

const FILE_SIZE_BYTES_MAX = 64 * 1024 * 1024
/** Small files are kept in memory, by path and time of change. */
const CACHED_FILE_BYTES_MAX = 262_144
const CACHED_FILES_MAX = 256

/** One segment: no leading dot, so no hidden file and no `..`. */
const SEGMENT = /^[A-Za-z0-9_+=@-][A-Za-z0-9._+=@-]*$/

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

interface CachedFile {
  readonly changed: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly etag: string
}

/** Answers with the files below one folder, and with nothing else: no links out of it, no hidden files, no listings. */
export function serveFolder(options: StaticFolder): (request: HttpRequest, path: string) => Promise<Response> {
  const cache = new Map<string, CachedFile>()
  return async (request, path) => {
    const file = await read(options.folder, path, cache)
    if (!file) throw new HttpError('http/not-found', `Cannot send ${path.slice(0, 200)}: there is no such file`)
    const headers = {
      etag: file.etag,
      'cache-control': options.immutable.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
    if (request.header('if-none-match') === file.etag) return new Response(null, { status: 304, headers })
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    return new Response(file.bytes, { headers: { ...headers, 'content-type': type } })
  }
}

async function read(folder: string, path: string, cache: Map<string, CachedFile>): Promise<CachedFile | null> {
  if (!path.split('/').every((segment) => SEGMENT.test(segment))) return null
  try {
    const full = await realpath(join(folder, path))
    if (!full.startsWith(`${await realpath(folder)}${sep}`)) return null
    const about = await stat(full, { bigint: true })
    if (!about.isFile() || about.size > FILE_SIZE_BYTES_MAX) return null
    const changed = `${about.ino} ${about.size} ${about.mtimeNs}`
    const cached = cache.get(full)
    if (cached?.changed === changed) return cached
    const bytes = await readFile(full)
    const file = { changed, bytes, etag: `"${hash('sha256', bytes, 'hex').slice(0, 32)}"` }
    if (bytes.length <= CACHED_FILE_BYTES_MAX) remember(cache, full, file)
    return file
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

function remember(cache: Map<string, CachedFile>, path: string, file: CachedFile): void {
  const oldest = cache.size >= CACHED_FILES_MAX ? cache.keys().next().value : undefined
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(path, file)
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code))
}

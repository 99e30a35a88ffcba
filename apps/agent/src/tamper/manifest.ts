import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { digest, list, object, parseJson, type Sha256Hex, text } from '@firebreak/kernel'

/** The files that an agent runs, as they were installed: DATA/manifest.json, written by the installer. */
export interface Manifest {
  readonly files: readonly OwnFile[]
}

export interface OwnFile {
  /** Absolute. */
  readonly path: string
  readonly sha256: Sha256Hex
}

export const MANIFEST_SIZE_BYTES_MAX = 1_048_576
const MANIFEST_FILES_MAX = 4_096
const PATH_CHARS_MAX = 4_096
const CHUNK_BYTES = 1_048_576

const manifest = object<Manifest>({
  files: list(object<OwnFile>({ path: text(PATH_CHARS_MAX, /^\//), sha256: digest }), MANIFEST_FILES_MAX),
})

/** @throws KernelError kernel/malformed */
export function parseManifest(bytes: Uint8Array): Manifest {
  return manifest(parseJson(bytes, MANIFEST_SIZE_BYTES_MAX, 'manifest.json'), 'manifest.json')
}

/** The digest of a file of any size, a megabyte at a time so that nothing else waits; null when it can't be read. */
export async function digestOf(path: string): Promise<Sha256Hex | null> {
  try {
    await using file = await open(path, 'r')
    const hash = createHash('sha256')
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, bytesRead))
    }
  } catch {
    return null
  }
}

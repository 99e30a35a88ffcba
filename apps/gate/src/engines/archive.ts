import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { sha256Hex } from '@firebreak/crypto'
import { errorMessage, list, type Reader, type Sha256Hex, text, utf8Encode } from '@firebreak/kernel'
import { parseJson } from '@firebreak/kernel'
import { EngineBuildError } from './errors.ts'

/** The files of a build: text by path, relative to its root, with forward slashes. */
export type BuildFiles = ReadonlyMap<string, string>

/** Of an archive before it is compressed; today's have 1.5 MB. */
export const ARCHIVE_BYTES_MAX: number = 16 * 1024 * 1024
const FILES_MAX = 5_000
const PATH_CHARS_MAX = 200
const FILE_CHARS_MAX = 2 * 1024 * 1024
/** Names of letters and digits, none of which begins with a dot: nothing leads out of the build's folder, nor into its node_modules. */
const PATH = /^(?!.*node_modules)(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/

/**
 * The one byte sequence of a build: JSON, a list of [path, text], sorted by path in code units. Its SHA-256 is the build's address.
 */
export function encodeBuild(files: BuildFiles): Uint8Array {
  return utf8Encode(JSON.stringify([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

export function compressBuild(bytes: Uint8Array): Uint8Array {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 }
  return brotliCompressSync(bytes, { params: { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
}

/**
 * The files of the compressed archive of which the digest is known. Not a byte of it is believed before its digest is right.
 *
 * @throws EngineBuildError engines/archive
 */
export function openArchive(compressed: Uint8Array, digest: Sha256Hex): BuildFiles {
  const bytes = decompress(compressed)
  const found = sha256Hex(bytes)
  if (found !== digest) throw new EngineBuildError('engines/archive', `its digest is ${found}, expected ${digest}`)
  return decodeBuild(bytes)
}

function decompress(compressed: Uint8Array): Uint8Array {
  try {
    return brotliDecompressSync(compressed, { maxOutputLength: ARCHIVE_BYTES_MAX })
  } catch (error) {
    throw new EngineBuildError('engines/archive', `it can't be decompressed: ${errorMessage(error)}`, {}, error)
  }
}

const path = text(PATH_CHARS_MAX, PATH)
const content = text(FILE_CHARS_MAX)
const file: Reader<readonly [string, string]> = (value, at) => {
  const [name, body, ...others] = list((one) => one, 2)(value, at)
  return [path(name, `${at}[0]`), content(others.length > 0 ? null : body, `${at}[1]`)]
}

/** @throws EngineBuildError engines/archive: no list of files, or not as `encodeBuild` writes it */
export function decodeBuild(bytes: Uint8Array): BuildFiles {
  try {
    const files = new Map(list(file, FILES_MAX)(parseJson(bytes, ARCHIVE_BYTES_MAX, 'archive'), 'archive'))
    if (Buffer.compare(encodeBuild(files), bytes) === 0) return files
  } catch (error) {
    throw new EngineBuildError('engines/archive', errorMessage(error), {}, error)
  }
  throw new EngineBuildError('engines/archive', 'Cannot read archive: not in its one form')
}

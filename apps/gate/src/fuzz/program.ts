import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { sha256Hex } from '@firebreak/crypto'
import { errorMessage, type Sha256Hex } from '@firebreak/kernel'
import type { Instrumented } from '@firebreak/instrument'
import type { Patch } from './bundle.ts'
import { FuzzError } from './errors.ts'
import { ROOT } from './root.ts'

/** A script of its own, ready to be fuzzed. */
export interface Program {
  /** Of the script before it was instrumented. */
  readonly scriptDigest: Sha256Hex
  readonly counting: Instrumented
  readonly tracing: Instrumented
}

export interface ProgramSource {
  /** Absolute. */
  readonly entry: string
  readonly patches: readonly Patch[]
  readonly banner: string
}

interface Cached {
  /** Digest of each file that the program was made of. */
  readonly inputs: Readonly<Record<string, Sha256Hex>>
  readonly program: Program
}

/** What is derived from the sources and may be deleted at any time. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'firebreak-fuzz')

/**
 * The instrumented program of a module: from the cache, if none of the files that it was made of has changed.
 *
 * @param toolDigest - of what makes programs
 * @throws FuzzError fuzz/bundle | fuzz/patch
 */
export async function programOf(source: ProgramSource, toolDigest: Sha256Hex): Promise<Program> {
  const name = `${sha256Hex(JSON.stringify({ ...source, toolDigest }))}.json`
  const cached = await readCached(join(CACHE, name))
  if (cached !== null) return cached
  // The bundler is large, and seldom needed.
  const { bundle } = await import('./bundle.ts')
  const { code, inputs } = await bundle(source.entry, source.patches, source.banner)
  const { instrument } = await import('@firebreak/instrument')
  try {
    const program: Program = {
      scriptDigest: sha256Hex(code),
      counting: instrument(code, { build: 'counting' }),
      tracing: instrument(code, { build: 'tracing' }),
    }
    if (source.entry.startsWith(ROOT)) await keep(name, { inputs: await digestsOf(inputs), program })
    return program
  } catch (cause) {
    const message = `Cannot instrument ${source.entry}: ${errorMessage(cause)}`
    throw new FuzzError('fuzz/bundle', message, { entry: source.entry }, cause)
  }
}

async function readCached(path: string): Promise<Program | null> {
  try {
    const { inputs, program } = JSON.parse(await readFile(path, 'utf8')) as Cached
    const now = await digestsOf(Object.keys(inputs))
    return Object.entries(inputs).every(([file, digest]) => now[file] === digest) ? program : null
  } catch {
    return null // none, or half of one
  }
}

/** Without a place for the cache there is none: every run then makes its programs. */
async function keep(name: string, cached: Cached): Promise<void> {
  const temporary = join(CACHE, `${name}.${process.pid}`)
  try {
    await mkdir(CACHE, { recursive: true })
    await writeFile(temporary, JSON.stringify(cached))
    await rename(temporary, join(CACHE, name))
  } catch {
    // a read-only checkout
  }
}

export async function digestsOf(files: readonly string[]): Promise<Readonly<Record<string, Sha256Hex>>> {
  const entries = files.map(async (file): Promise<[string, Sha256Hex]> => [file, sha256Hex(await readFile(file))])
  return Object.fromEntries(await Promise.all(entries))
}

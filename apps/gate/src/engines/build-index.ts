import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SuppliedFields } from '@firebreak/detect'
import type { EngineBuild } from '@firebreak/gate'
import {
  boolean,
  digest,
  errorMessage,
  integer,
  list,
  literal,
  object,
  parseJson,
  text,
  version,
} from '@firebreak/kernel'
import { ARCHIVE_BYTES_MAX } from './archive.ts'
import { EngineBuildError } from './errors.ts'

/** An older engine, of which this repository keeps the archive `DIGEST.json.br`. */
export interface KeptBuild extends EngineBuild {
  readonly tag: string
  readonly commit: string
  /** Of the archive before it is compressed. */
  readonly bytes: number
}

/** Where the archives of this checkout and their index are. */
export const ENGINES_FOLDER: string = fileURLToPath(new URL('../../../../engines', import.meta.url))
const INDEX_FILE = 'index.json'
const INDEX_BYTES_MAX = 1024 * 1024
const BUILDS_MAX = 100
const NAMES_MAX = 1_000
const COMMIT = /^[0-9a-f]{40}$/
const TAG = /^[\w.-]+$/

const name = text(256)
const build = object<KeptBuild>({
  version,
  digest,
  commit: text(40, COMMIT),
  tag: text(64, TAG),
  bytes: integer(1, ARCHIVE_BYTES_MAX),
  supplies: object<EngineBuild['supplies']>({
    features: list(name, NAMES_MAX),
    fields: list(object<SuppliedFields>({ category: name, fields: list(name, NAMES_MAX) }), NAMES_MAX),
  }),
  takesInputs: boolean,
  tellsWork: boolean,
})
const index = object<{ readonly format: 1; readonly engines: readonly KeptBuild[] }>({
  format: literal(1),
  engines: list(build, BUILDS_MAX),
})

/** @throws EngineBuildError engines/index */
export function parseBuildIndex(bytes: Uint8Array): readonly KeptBuild[] {
  try {
    const { engines } = index(parseJson(bytes, INDEX_BYTES_MAX, 'index'), 'index')
    const twice = engines.find((one, i) => engines.findIndex(({ version: other }) => other === one.version) !== i)
    if (twice === undefined) return engines
    throw new EngineBuildError('engines/index', `Cannot read index: two builds of engine ${twice.version}`)
  } catch (error) {
    if (error instanceof EngineBuildError) throw error
    throw new EngineBuildError('engines/index', errorMessage(error), {}, error)
  }
}

/** For people to read, and to see in a diff. */
export function printBuildIndex(engines: readonly KeptBuild[]): string {
  return `${JSON.stringify({ format: 1, engines }, null, 2)}\n`
}

/** @throws EngineBuildError engines/index, or as readFile does */
export async function readBuildIndex(folder: string = ENGINES_FOLDER): Promise<readonly KeptBuild[]> {
  return parseBuildIndex(await readFile(indexPath(folder)))
}

export function indexPath(folder: string): string {
  return join(folder, INDEX_FILE)
}

export function archivePath(folder: string, { digest: address }: Pick<EngineBuild, 'digest'>): string {
  return join(folder, `${address}.json.br`)
}

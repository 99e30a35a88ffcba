import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dictionary } from '@firebreak/fuzz'

export interface SeedFiles {
  readonly inputs: readonly Uint8Array[]
  readonly dictionary: Dictionary
}

const FILE_BYTES_MAX = 1_048_576
const FILES_MAX = 2_000

/** Every regular file of a folder: inputs, and dictionaries as AFL has them (`name="value"`, with \xNN) in files *.dict. */
export async function readSeedFiles(folder: string | null): Promise<SeedFiles> {
  const inputs: Uint8Array[] = []
  const texts: string[] = []
  const entries = folder === null ? [] : await readdir(folder, { withFileTypes: true })
  const files = entries
    .filter((one) => one.isFile())
    .map(({ name }) => name)
    .toSorted()
  for (const name of files.slice(0, FILES_MAX)) {
    const bytes = await readFile(join(folder ?? '', name))
    if (name.endsWith('.dict')) texts.push(...dictionaryTexts(bytes.toString('latin1')))
    else if (bytes.length <= FILE_BYTES_MAX) inputs.push(new Uint8Array(bytes))
  }
  return { inputs, dictionary: { texts, numbers: [] } }
}

const ENTRY = /^\s*(?:[\w-]+(?:@\d+)?\s*=\s*)?"((?:[^"\\]|\\.)*)"\s*$/
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/g

/** @see AFL++, dictionaries/README.md */
export function dictionaryTexts(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const value = ENTRY.exec(line)?.[1]
    if (value === undefined) return []
    return [
      value.replaceAll(ESCAPE, (_, hex: string | undefined, character: string | undefined) =>
        hex === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    ]
  })
}

import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'

/** The confined processes of a host; each has its folder here, and in it a main.ts. */
export type ProcessName = 'engine' | 'sensor' | 'fetcher' | 'yara' | 'exec-gate' | 'input'

/** What `spawnConfined` starts: a file of this checkout; in the single-file executable the name, which its main knows. */
export function entryOf(name: ProcessName): string {
  return isSea() ? name : fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url))
}

/** What a confined process has to read to load its code. The single-file executable is in memory when it begins. */
export function codeFolders(): readonly string[] {
  return isSea() ? [] : [fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')]
}

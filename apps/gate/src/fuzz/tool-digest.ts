import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import type { Sha256Hex } from '@firebreak/kernel'
import { ROOT } from './root.ts'
import { digestsOf } from './program.ts'

/** What decides what is found: the engine, the instrumentation, and everything here. */
const TOOL = [
  'core/fuzz/src/**/*.ts',
  'adapters/instrument/src/**/*.ts',
  'apps/gate/src/fuzz/**/*.ts',
  'package-lock.json',
]

/** Of the fuzzer: with it, a seed and a number of executions, equal programs give equal findings. */
export async function toolDigestOf(): Promise<Sha256Hex> {
  const files: string[] = []
  for await (const file of glob(TOOL, { cwd: ROOT })) if (!file.endsWith('.test.ts')) files.push(file)
  const digests = await digestsOf(files.toSorted().map((file) => join(ROOT, file)))
  return sha256Hex(Object.values(digests).join())
}

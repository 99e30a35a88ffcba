import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { sha256Hex } from '@firebreak/crypto'
import { assert } from '@firebreak/kernel'
import { encodeBuild } from '../archive.ts'
import { archivePath, indexPath, type KeptBuild, printBuildIndex } from '../build-index.ts'
import { filesOfBuild } from '../closure.ts'
import { CHECKOUT, currentBuild, type EnginePlaces } from '../open-engines.ts'

export const PLANTED_VERSION = '1.2.9'

/** Milliseconds after which its shell gives up, where ten seconds would be too long for a test. */
export const PATIENCE_VARIABLE = 'FIREBREAK_PLANTED_PATIENCE'

/** What is replaced in which file; it has to be there once. */
type Patch = readonly [path: string, from: string, to: string]

const ENGINE = 'apps/agent/src/engine/run-engine.ts'
const SHELL = 'apps/agent/src/evaluate.ts'

/** An engine that misbehaves on events of `planted COMMAND`, and a shell around it that can be made impatient, and to lie. */
const PATCHES: readonly Patch[] = [
  ['core/detect/src/contract.ts', `'${currentBuild().version}'`, `'${PLANTED_VERSION}'`],
  [
    ENGINE,
    'answer.event(found)',
    `{
      const text = Buffer.from(payload).toString('latin1')
      if (text.includes('planted abort')) process.abort()
      if (text.includes('planted throw')) throw new Error('planted')
      while (text.includes('planted hang'));
      answer.event(text.includes('planted drop') ? [] : found)
    }`,
  ],
  [
    ENGINE,
    'output.write(judge(active, frame))',
    `{
      output.write(judge(active, frame))
      if (Buffer.from(frame.payload).includes('planted twice')) output.write(judge(active, frame))
    }`,
  ],
  [SHELL, 'SILENCE_MS = 10_000', `SILENCE_MS = Number(process.env['${PATIENCE_VARIABLE}'] ?? 10_000)`],
  [SHELL, 'EVENT_CPU_MS_MAX = 5_000', 'EVENT_CPU_MS_MAX = 100'],
  [
    SHELL,
    'verdicts: answers.verdicts }',
    `verdicts: events.includes('planted lie') ? [...answers.verdicts, ...answers.verdicts] : answers.verdicts }`,
  ],
]

/** A folder with an index of this one build, as `engines/` of the checkout has them. */
export async function plantBuild(folder: string): Promise<EnginePlaces & { readonly build: KeptBuild }> {
  const files = new Map(filesOfBuild(CHECKOUT))
  for (const [path, from, to] of PATCHES) {
    const text = files.get(path) ?? ''
    assert(text.split(from).length === 2, `${path} has ${from} once`)
    files.set(path, text.replace(from, to))
  }
  const bytes = encodeBuild(files)
  const [commit, tag, digest] = ['0'.repeat(40), 'planted', sha256Hex(bytes)]
  const build = { ...currentBuild(), version: PLANTED_VERSION, digest, commit, tag, bytes: bytes.length }
  const enginesFolder = join(folder, 'engines')
  await mkdir(enginesFolder)
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
  await writeFile(archivePath(enginesFolder, build), brotliCompressSync(bytes, quick))
  await writeFile(indexPath(enginesFolder), printBuildIndex([build]))
  return { enginesFolder, cacheFolder: join(folder, 'cache'), build }
}

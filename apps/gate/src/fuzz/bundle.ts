import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { errorMessage } from '@firebreak/kernel'
import { type Plugin, rolldown } from 'rolldown'
import { FuzzError } from './errors.ts'
import { ROOT } from './root.ts'

/** A change of one source text while it is bundled. */
export interface Patch {
  /** Below the root of the checkout. */
  readonly file: string
  /** Has to be there exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Bundle {
  /** One CommonJS script; asks for modules of Node.js only. */
  readonly code: string
  /** All files that it was made of, absolute. */
  readonly inputs: readonly string[]
}

/**
 * One script of a module and all that it imports.
 *
 * @param entry - absolute, JavaScript or TypeScript
 * @param banner - goes before everything else
 * @throws FuzzError fuzz/bundle
 */
export async function bundle(entry: string, patches: readonly Patch[], banner = ''): Promise<Bundle> {
  const applied = new Set<Patch>()
  try {
    const built = await rolldown({
      input: entry,
      platform: 'node',
      external: [/^node:/],
      plugins: [patching(patches, applied)],
      logLevel: 'silent',
    })
    const { output } = await built.generate({ format: 'cjs', codeSplitting: false, banner, comments: false })
    await built.close()
    const missing = patches.find((one) => !applied.has(one))
    if (missing !== undefined) throw new Error(`${missing.file} is no part of it, and should be patched`)
    return { code: output[0].code, inputs: output[0].moduleIds.filter((id) => id.startsWith('/')) }
  } catch (cause) {
    throw new FuzzError('fuzz/bundle', `Cannot bundle ${entry}: ${errorMessage(cause)}`, { entry }, cause)
  }
}

function patching(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: 'patches',
    async load(id) {
      const wanted = patches.filter(({ file }) => relative(ROOT, id) === file)
      if (wanted.length === 0) return null
      let text = await readFile(id, 'utf8')
      for (const one of wanted) {
        text = patched(text, one)
        applied.add(one)
      }
      return { code: text, moduleType: 'ts' }
    },
  }
}

/** @throws FuzzError fuzz/patch */
export function patched(text: string, { file, find, replace }: Patch): string {
  const parts = text.split(find)
  if (parts.length !== 2) {
    throw new FuzzError('fuzz/patch', `Cannot patch ${file}: it has ${parts.length - 1} of ${JSON.stringify(find)}`, {
      file,
    })
  }
  return parts.join(replace)
}

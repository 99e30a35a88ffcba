import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import type { GateTool } from '@firebreak/gate'
import { concatBytes, utf8Encode } from '@firebreak/kernel'
import { CHECKOUT } from '../engines/index.ts'

/** What the gate's process is made of; what it starts (engines, fuzzed scripts) has digests of its own. */
const CODE_FOLDERS = ['core', 'adapters', 'apps/gate'] as const
const CODE_FILE = /\/src\/.*(?<!\.test)\.ts$/

/** Which gate it was: the digest of the names and bytes of its code. */
export function gateTool(root: string = CHECKOUT): GateTool {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const files = CODE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  const code = files.filter((file) => CODE_FILE.test(file) && !file.includes('node_modules/')).toSorted(byCodeUnits)
  const parts = code.flatMap((file) => {
    const bytes = readFileSync(join(root, file))
    return [utf8Encode(`${file}\n${bytes.length}\n`), bytes]
  })
  return { name: 'firebreak-gate', version, digest: sha256Hex(concatBytes(parts)) }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

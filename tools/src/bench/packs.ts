import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CompiledPack,
  compilePack,
  type PackSource,
  type ParsedPack,
  parsePack,
  type SigmaSource,
  toSourceNode,
} from '@firebreak/content'
import { parseYamlDocuments, readPackFolder } from '@firebreak/pack-folder'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Not part of this repository; used when a copy lies beside it. */
export const SHARED_DATA: string = join(ROOT, '../shared/data')
const SIGMAHQ_FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting'] as const

export interface BenchPack {
  readonly name: string
  readonly pack: ParsedPack
  readonly compiled: CompiledPack
  /** Rules that were offered, and not taken. */
  readonly refused: number
}

export async function linuxBaseline(): Promise<BenchPack> {
  return benchPack('linux-baseline', await readPackFolder(join(ROOT, 'content/linux-baseline')))
}

/** Every rule of SigmaHQ that the compiler supports; null without them. */
export async function sigmaHq(): Promise<BenchPack | null> {
  if (!existsSync(join(SHARED_DATA, 'sigma'))) return null
  const rules: SigmaSource[] = []
  for (const folder of SIGMAHQ_FOLDERS) {
    const root = join(SHARED_DATA, 'sigma', folder)
    const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.yml')).toSorted()
    for (const file of names) {
      rules.push({ file, nodes: parseYamlDocuments(await readFile(join(root, file), 'utf8'), file) })
    }
  }
  const about = { name: 'sigmahq', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: '' }
  const manifest = toSourceNode({ ...about, description: 'SigmaHQ.' }, 'pack.yaml')
  return benchPack('sigmahq', { manifest, rules, tests: [], indicators: [] })
}

export function benchPack(name: string, source: PackSource): BenchPack {
  const read = parsePack(source)
  const pack = { ...read, diagnostics: [] }
  return { name, pack, compiled: compilePack(pack), refused: source.rules.length - read.rules.length }
}

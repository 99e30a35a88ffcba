import { compilePack, parsePack } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { writeDurable } from '@firebreak/durable-fs'
import { jsonBytes } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { STARTER_PACK } from '../places.ts'

/** The starter image, and what describes it: files of an agent's folder, assets of the single-file executable. */
export async function compileStarter(): Promise<Readonly<Record<'starter.fbi' | 'starter.json', Uint8Array>>> {
  const { image, manifest } = compilePack(parsePack(await readPackFolder(STARTER_PACK)))
  const starter = { pack: manifest.name, version: manifest.version, imageDigest: sha256Hex(image) }
  return { 'starter.fbi': image, 'starter.json': jsonBytes(starter) }
}

/** Puts the starter image into an agent's folder: what the host runs when nothing else is left or trusted. */
export async function installStarter(data: string): Promise<void> {
  for (const [name, bytes] of Object.entries(await compileStarter())) await writeDurable(`${data}/${name}`, bytes)
}

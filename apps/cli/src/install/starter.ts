import { compilePack, parsePack } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { writeDurable } from '@firebreak/durable-fs'
import { jsonBytes } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { STARTER_PACK } from '../places.ts'

/** Puts the starter image into an agent's folder: what the host runs when nothing else is left or trusted. */
export async function installStarter(data: string): Promise<void> {
  const { image, manifest } = compilePack(parsePack(await readPackFolder(STARTER_PACK)))
  const starter = { pack: manifest.name, version: manifest.version, imageDigest: sha256Hex(image) }
  await writeDurable(`${data}/starter.fbi`, image)
  await writeDurable(`${data}/starter.json`, jsonBytes(starter))
}

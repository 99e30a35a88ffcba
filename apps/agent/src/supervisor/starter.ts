import { basename } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'
import { sha256Hex } from '@firebreak/crypto'
import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { errorMessage, parseJson, type Sha256Hex } from '@firebreak/kernel'
import { type SlotImage, slotImage } from '@firebreak/updater'
import type { AgentPaths } from '../config.ts'

export const IMAGE_SIZE_BYTES_MAX = 64 * 1024 * 1024
const INFO_SIZE_BYTES_MAX = 4_096

/** The image built into this agent. `fault`: why one that was installed can't be run; null when it is whole, or none was. */
export interface Starter {
  readonly image: SlotImage | null
  readonly fault: { readonly code: string; readonly message: string } | null
}

/** The executable brings its own: whatever happened to the folder, the starter is there and whole. A checkout has it from its install. */
export async function unpackStarter(paths: AgentPaths): Promise<void> {
  if (!isSea()) return
  for (const path of [paths.starter, paths.starterInfo]) {
    const wanted = new Uint8Array(getRawAsset(basename(path)))
    const held = await readDurable(path, IMAGE_SIZE_BYTES_MAX).catch(() => null)
    if (!held || sha256Hex(held) !== sha256Hex(wanted)) await writeDurable(path, wanted)
  }
}

/** Never fails: an agent whose starter is damaged starts without it, and says so. */
export async function readStarter(paths: AgentPaths): Promise<Starter> {
  try {
    const info = await readDurable(paths.starterInfo, INFO_SIZE_BYTES_MAX)
    if (!info) return { image: null, fault: null }
    const image = slotImage(parseJson(info, INFO_SIZE_BYTES_MAX, 'starter.json'), 'starter.json')
    return (await readWhole(paths.starter, image.imageDigest)) ? { image, fault: null } : damaged(paths, 'its bytes')
  } catch (error) {
    return damaged(paths, errorMessage(error))
  }
}

function damaged(paths: AgentPaths, what: string): Starter {
  const message = `Cannot run the starter image: ${paths.starter} or what describes it was changed (${what}); run \`firebreak agent install\` again`
  return { image: null, fault: { code: 'starter/damaged', message } }
}

/** The bytes of an image, only if they can be read and have the digest. */
export async function readWhole(path: string, digest: Sha256Hex): Promise<Uint8Array | null> {
  const bytes = await readDurable(path, IMAGE_SIZE_BYTES_MAX).catch(() => null)
  return bytes && sha256Hex(bytes) === digest ? bytes : null
}

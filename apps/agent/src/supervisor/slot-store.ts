import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { openFolder, readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import type { Sha256Hex } from '@firebreak/kernel'
import {
  EMPTY_SLOTS,
  encodeSlots,
  parseSlots,
  SLOT_STATE_SIZE_BYTES_MAX,
  slotDigests,
  type SlotImage,
  type SlotState,
} from '@firebreak/updater'
import { type AgentPaths, imagePath } from '../config.ts'

export const IMAGE_SIZE_BYTES_MAX = 64 * 1024 * 1024

/**
 * The slot folder: state.json and one file for each image, named by its digest. An image is written before the state that names it, and
 * removed after the state that no longer does: whatever is interrupted, every slot's bytes are there.
 */
export interface SlotStore {
  readonly state: SlotState
  /** The bytes, only if they still have the digest. */
  readImage(image: SlotImage): Promise<Uint8Array | null>
  /** Keeps verified bytes. @returns false when they do not have the digest */
  keepImage(digest: Sha256Hex, bytes: Uint8Array): Promise<boolean>
  save(state: SlotState): Promise<void>
}

/** @throws DurableError | KernelError kernel/malformed when state.json is not ours */
export async function openSlotStore(paths: AgentPaths): Promise<SlotStore> {
  await openFolder(paths.slots)
  const saved = await readDurable(paths.slotState, SLOT_STATE_SIZE_BYTES_MAX)
  let state = saved ? parseSlots(saved) : EMPTY_SLOTS
  let savedText = saved ? Buffer.from(saved).toString('latin1') : ''

  const sweep = async (): Promise<void> => {
    const wanted = new Set(slotDigests(state).map((digest) => `${digest}.fbi`))
    for (const file of await readdir(paths.slots)) {
      if (file.endsWith('.fbi') && !wanted.has(file)) await removeDurable(join(paths.slots, file))
    }
  }
  return {
    get state() {
      return state
    },
    async readImage(image) {
      const bytes = await readDurable(imagePath(paths.slots, image.imageDigest), IMAGE_SIZE_BYTES_MAX)
      return bytes && sha256Hex(bytes) === image.imageDigest ? bytes : null
    },
    async keepImage(digest, bytes) {
      if (sha256Hex(bytes) !== digest) return false
      await writeDurable(imagePath(paths.slots, digest), bytes)
      return true
    },
    async save(next) {
      const bytes = encodeSlots(next)
      const text = Buffer.from(bytes).toString('latin1')
      if (text !== savedText) await writeDurable(paths.slotState, bytes)
      savedText = text
      state = next
      await sweep()
    },
  }
}

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { openFolder, readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { errorMessage, KernelError, type Sha256Hex } from '@firebreak/kernel'
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
import { readStarter, readWhole, type Starter } from './starter.ts'

/**
 * The slot folder: state.json and one file for each image, named by its digest. An image is written before the state that names it, and
 * removed after the state that no longer does: whatever is interrupted, every slot's bytes are there.
 */
export interface SlotStore {
  readonly state: SlotState
  /** What is built into this agent, if it is there and whole. */
  readonly starter: Starter
  /** The bytes, only if they can be read and still have the digest. */
  readImage(image: SlotImage): Promise<Uint8Array | null>
  /** Keeps verified bytes. @returns false when they do not have the digest */
  keepImage(digest: Sha256Hex, bytes: Uint8Array): Promise<boolean>
  /** Durable when it resolves; when it throws, the state is as before. */
  save(state: SlotState): Promise<void>
  /** For a disk that takes nothing: `state` holds in memory until something can be saved again. */
  adopt(state: SlotState): void
}

/** @throws DurableError | KernelError kernel/malformed when state.json is not ours; images are then left as they are */
export async function openSlotStore(paths: AgentPaths): Promise<SlotStore> {
  await openFolder(paths.slots)
  const saved = await readDurable(paths.slotState, SLOT_STATE_SIZE_BYTES_MAX)
  let state = saved ? parseOurs(saved, paths.slotState) : EMPTY_SLOTS
  let savedText = saved ? Buffer.from(saved).toString('latin1') : ''

  /** What it can't remove now, the next save will. */
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
    starter: await readStarter(paths),
    // The starter may be the same image as one in a slot: then either file will do.
    async readImage({ imageDigest }) {
      return (
        (await readWhole(imagePath(paths.slots, imageDigest), imageDigest)) ?? readWhole(paths.starter, imageDigest)
      )
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
      await sweep().catch(() => {})
    },
    adopt(next) {
      state = next
    },
  }
}

/**
 * Every write is atomic, so a state that can't be read was changed by somebody else. It is refused, not replaced: to start from
 * nothing would forget what this host has rejected, and give out sequences again that the server has seen.
 */
function parseOurs(bytes: Uint8Array, path: string): SlotState {
  try {
    return parseSlots(bytes)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const message = `Cannot start: ${path} was changed by something else than this agent (${errorMessage(error)}). Put it back from a copy, or remove the agent's folder and enrol this host again`
    throw new KernelError(error.code, message, error.details, error)
  }
}

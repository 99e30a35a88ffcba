import { errorMessage } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import type { Ready, Reason } from './engine-replies.ts'
import { EngineSeat, type SeatEvents, type Tuning } from './engine-seat.ts'

/** `fault`: this host could not even start a process; that says nothing about the image. */
export type StartedEngine =
  | ({ readonly kind: 'ready'; readonly seat: EngineSeat } & Ready)
  | ({ readonly kind: 'damaged' | 'fault' | 'refused' | 'died' } & Reason)

export interface StartOptions {
  /** Absolute path of the engine's entry. */
  readonly entry: string
  readonly readFolders: readonly string[]
  /** Of the engine's process. */
  readonly args?: readonly string[]
  /** The bytes of a slot's image; null when they are gone, damaged or can't be read. */
  readonly readImage: (image: SlotImage) => Promise<Uint8Array | null>
}

/**
 * An engine process that has loaded `image`, narrowed by `tuning`, or why there is none.
 *
 * @param take - gets the seat as soon as its process exists; false when it is no longer wanted
 */
export async function startEngine(
  image: SlotImage,
  tuning: Tuning | null,
  options: StartOptions,
  events: SeatEvents,
  take: (seat: EngineSeat) => boolean,
): Promise<StartedEngine> {
  const bytes = await options.readImage(image)
  if (!bytes) return { kind: 'damaged', code: 'slot/damaged', message: 'the image is gone or damaged' }
  let seat: EngineSeat
  try {
    seat = new EngineSeat({ image, bytes, tuning }, options.entry, options.readFolders, events, options.args)
  } catch (error) {
    return { kind: 'fault', code: 'engine/no-process', message: errorMessage(error) }
  }
  if (!take(seat)) seat.retire()
  const answer = await seat.loaded
  return answer.kind === 'ready' ? { ...answer, seat } : answer
}

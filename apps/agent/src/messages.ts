import { type Beacon, encodeFrame, FRAME } from '@firebreak/api'
import {
  digest,
  integer,
  jsonBytes,
  list,
  malformed,
  object,
  parseJson,
  record,
  type Sha256Hex,
  text,
} from '@firebreak/kernel'
import { type SlotImage, slotImage, type SlotState } from '@firebreak/updater'

/** Fetcher to supervisor. The fetcher talks to the network, so what it says is read as hostile. */
export type FetcherMessage =
  /** Verified bytes of `image` lie in the fetcher's folder, and the plan offers them to this host. */
  | { readonly kind: 'offer'; readonly image: SlotImage }
  | { readonly kind: 'recall'; readonly digests: readonly Sha256Hex[] }
  | { readonly kind: 'enrolled'; readonly host: string }
  | { readonly kind: 'plan'; readonly generation: number }
  /** The server holds all detections up to this one. */
  | { readonly kind: 'uploaded'; readonly sequence: number }
  /** The server holds the beacon that says why the agent ends. */
  | { readonly kind: 'ending-told' }

/** Supervisor to fetcher: our own words, over our own pipe. */
export interface HostReport {
  readonly slots: Pick<SlotState, 'candidate' | 'confirmed' | 'lastKnownGood' | 'rejected' | 'starter' | 'safe'>
  /** The beacon but for what the fetcher adds when it sends it. */
  readonly beacon: Omit<Beacon, 'sequence' | 'sentAtMs' | 'planGeneration'>
  readonly starts: number
}

export const MESSAGE_SIZE_BYTES_MAX = 1_048_576
const count = integer(0, Number.MAX_SAFE_INTEGER)

/** @throws KernelError kernel/malformed */
export function parseFetcherMessage(bytes: Uint8Array): FetcherMessage {
  const value = parseJson(bytes, MESSAGE_SIZE_BYTES_MAX, 'message')
  const { kind } = record(value, 'message')
  switch (kind) {
    case 'offer':
      return { kind, ...object<{ image: SlotImage }>({ image: slotImage })(value, 'offer') }
    case 'recall':
      return { kind, ...object<{ digests: readonly Sha256Hex[] }>({ digests: list(digest, 2_048) })(value, 'recall') }
    case 'enrolled':
      return { kind, ...object<{ host: string }>({ host: text(64) })(value, 'enrolled') }
    case 'plan':
      return { kind, ...object<{ generation: number }>({ generation: count })(value, 'plan') }
    case 'uploaded':
      return { kind, ...object<{ sequence: number }>({ sequence: count })(value, 'uploaded') }
    case 'ending-told':
      return { kind }
    default:
      throw malformed('message', 'a known kind', kind)
  }
}

export function encodeMessage(message: FetcherMessage | HostReport): Uint8Array {
  return encodeFrame({ type: FRAME.MESSAGE, payload: jsonBytes(message) })
}

/** The supervisor is trusted by the fetcher: it is its parent. */
export function parseHostReport(bytes: Uint8Array): HostReport {
  return parseJson(bytes, MESSAGE_SIZE_BYTES_MAX, 'host report') as unknown as HostReport
}

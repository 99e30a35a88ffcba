import type { WallMs } from '@firebreak/kernel'
import { refresh } from './refresh.ts'
import type { TrustedMetadata } from './trusted.ts'

/** Answers one request of the client: the file, or null when the server says that there is none (404, 403). Throws on faults. */
export type FetchMetadata = (path: string, bytesMax: number) => Promise<Uint8Array | null>

export interface Refreshed {
  /** What is proven now; to be kept also when `failure` is set, so that revoked stays revoked and expired stays expired. */
  readonly trusted: TrustedMetadata
  /** What `refresh` or `fetchMetadata` threw; null when all is up to date. */
  readonly failure: unknown
}

/** Runs `refresh` to its end over `fetchMetadata`. Never throws. */
export async function refreshOver(
  trusted: TrustedMetadata,
  nowMs: WallMs,
  fetchMetadata: FetchMetadata,
): Promise<Refreshed> {
  const steps = refresh(trusted, nowMs)
  let reached = trusted
  try {
    let step = steps.next()
    while (!step.done) {
      reached = step.value.reached
      step = steps.next(await fetchMetadata(step.value.path, step.value.bytesMax))
    }
    return { trusted: step.value, failure: null }
  } catch (failure) {
    return { trusted: reached, failure }
  }
}

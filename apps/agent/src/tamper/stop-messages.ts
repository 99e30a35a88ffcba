import {
  boolean,
  digest,
  fromBase64,
  integer,
  list,
  malformed,
  nullable,
  object,
  parseJson,
  type Sha256Hex,
  text,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { STOP_REASON_CHARS_MAX, STOP_TOKEN_SIZE_BYTES_MAX } from '@firebreak/rollout'

/** A wish to stop: the file stop.json. Who may write into the agent's folder may lay it there. */
export interface StopRequest {
  /** 32 hex digits: the answer repeats it. */
  readonly id: string
  readonly reason: string
  /** The signed stop token, base64; null: none. */
  readonly token: string | null
}

/** What became of the wish: the file stop-answer.json. */
export interface StopAnswer {
  readonly id: string
  readonly granted: boolean
  readonly code: string
  readonly message: string
}

export interface UsedToken {
  readonly digest: Sha256Hex
  readonly notAfterMs: WallMs
}

export const STOP_FILE_SIZE_BYTES_MAX = 16_384
/** More than one every half hour, for a day: further tokens are refused until one has expired. */
export const USED_TOKENS_MAX = 48

const id = text(32, /^[0-9a-f]{32}$/)
const request = object<StopRequest>({
  id,
  reason: text(STOP_REASON_CHARS_MAX),
  token: nullable(text(2 * STOP_TOKEN_SIZE_BYTES_MAX)),
})
const answer = object<StopAnswer>({ id, granted: boolean, code: text(64), message: text(1_024) })
const usedTokens = list(object<UsedToken>({ digest, notAfterMs: integer(0, WALL_MS_MAX) }), USED_TOKENS_MAX)

/** @throws KernelError kernel/malformed */
export function parseStopRequest(bytes: Uint8Array): StopRequest {
  return request(parseJson(bytes, STOP_FILE_SIZE_BYTES_MAX, 'stop.json'), 'stop.json')
}

/** @throws KernelError kernel/malformed */
export function parseStopAnswer(bytes: Uint8Array): StopAnswer {
  return answer(parseJson(bytes, STOP_FILE_SIZE_BYTES_MAX, 'stop-answer.json'), 'stop-answer.json')
}

/** @throws KernelError kernel/malformed */
export function parseUsedTokens(bytes: Uint8Array): readonly UsedToken[] {
  return usedTokens(parseJson(bytes, STOP_FILE_SIZE_BYTES_MAX, 'stop-tokens.json'), 'stop-tokens.json')
}

/** @throws KernelError kernel/malformed */
export function tokenBytes(base64: string): Uint8Array {
  try {
    return fromBase64(base64)
  } catch {
    throw malformed('stop.json.token', 'base64 with padding', base64)
  }
}

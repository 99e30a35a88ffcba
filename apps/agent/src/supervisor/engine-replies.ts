import { list, parseJson, record, text, type Version, version } from '@firebreak/kernel'

/** Why an engine did not take something, in its own words. */
export interface Reason {
  readonly code: string
  readonly message: string
}

export interface Ready {
  readonly engineVersion: Version
  readonly tuningRefusal: Reason | null
  /** Fields that the image reads and that a sensor fills in on request only. */
  readonly wants: readonly string[]
}

const REPLY_BYTES_MAX = 65_536
const MESSAGE_CHARS_MAX = 512
/** As all our codes are; they go into states, beacons and logs. */
const code = text(64, /^[a-z][a-z0-9-]*\/[A-Za-z0-9-]+$/)
const words = text(REPLY_BYTES_MAX)
const fields = list(text(64, /^[A-Za-z0-9]+$/), 16)

/**
 * Hostile input: the payload of READY.
 *
 * @throws KernelError kernel/malformed
 */
export function parseReady(payload: Uint8Array): Ready {
  const {
    engineVersion,
    tuningRefusal = null,
    wants = [],
  } = record(parseJson(payload, REPLY_BYTES_MAX, 'ready'), 'ready')
  return {
    engineVersion: version(engineVersion, 'ready.engineVersion'),
    tuningRefusal: tuningRefusal === null ? null : reasonOf(tuningRefusal, 'ready.tuningRefusal'),
    wants: fields(wants, 'ready.wants'),
  }
}

/**
 * Hostile input: the payload of REFUSED.
 *
 * @throws KernelError kernel/malformed
 */
export function parseRefused(payload: Uint8Array): Reason {
  return reasonOf(parseJson(payload, REPLY_BYTES_MAX, 'refused'), 'refused')
}

/** The message is text for people only: cut to length, without control characters, never interpreted. */
function reasonOf(value: unknown, at: string): Reason {
  const reason = record(value, at)
  return {
    code: code(reason['code'], `${at}.code`),
    message: words(reason['message'], `${at}.message`)
      .slice(0, MESSAGE_CHARS_MAX)
      .replaceAll(/\p{Cc}/gu, ' '),
  }
}

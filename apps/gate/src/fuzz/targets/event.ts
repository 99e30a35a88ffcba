import { verifyImage } from '@firebreak/content'
import { type Detection, EVENT_BYTES_MAX, type JsonRefusal } from '@firebreak/detect'
import { FirebreakError, utf8Decode } from '@firebreak/kernel'
import { Violation } from '../oracles.ts'
import { define, describeJson, jsonLength } from './define.ts'
import { DECLARED, engineOf, requireReportable } from './hostile-events.ts'

const REFUSALS: readonly JsonRefusal[] = [
  'truncated',
  'unexpected-byte',
  'not-an-object',
  'trailing-bytes',
  'too-large',
  'too-deep',
  'too-many-values',
]
/** Which say that the bytes are no JSON object; the others, that it is over a limit. */
const SYNTAX: readonly JsonRefusal[] = ['truncated', 'unexpected-byte', 'not-an-object', 'trailing-bytes']

class EventRefusal extends FirebreakError<JsonRefusal> {}

/** Events as JSON, from files and other programs. */
export const createTarget = define<readonly Detection[]>((image) => {
  const engine = engineOf(verifyImage(image))
  return {
    parse: (input) => {
      const detections = engine.evaluateJson(input, 0, input.length, DECLARED)
      const { lastRefusal } = engine
      if (lastRefusal === 'ok') {
        requireJson(input)
        return detections
      }
      if (SYNTAX.includes(lastRefusal)) requireNoJson(input)
      throw new EventRefusal(lastRefusal, 'refused')
    },
    refuses: (error) => error instanceof EventRefusal && REFUSALS.includes(error.code),
    fuel: { base: 8_000, each: 120 },
    bytes: { base: 131_072, each: 64 },
    describe: describeJson,
    whole: (input) => {
      const length = jsonLength(input)
      // A byte order mark is no part of the object.
      return length > 3 ? length : 0
    },
    use: requireReportable,
  }
})

const DEPTH_MAX = 32
/** Strings are looked into only when somebody asks for their value. */
const STRING = /"(?:[^"\\]|\\[^])*"/g

/** It promises to accept nothing else, but for what is in strings, and nothing that is deeper than its limit. */
function requireJson(input: Uint8Array): void {
  const text = new TextDecoder('latin1', { ignoreBOM: true }).decode(input).replace(/^\u00ef\u00bb\u00bf/, '')
  let value: unknown
  try {
    value = JSON.parse(text.replaceAll(STRING, '0').replaceAll(/0(\s*:)/g, '"0"$1'))
  } catch {
    throw new Violation('disagreement', 'JSON.parse refuses it, whatever is in its strings')
  }
  if (depthOf(value) > DEPTH_MAX) throw new Violation('disagreement', 'deeper than its limit')
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** The reader promises to accept what JSON.parse accepts. */
function requireNoJson(input: Uint8Array): void {
  if (input.length > EVENT_BYTES_MAX) return
  const parsed = parsedOrNull(input)
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    throw new Violation('disagreement', 'JSON.parse accepts it')
  }
}

function parsedOrNull(input: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(input))
  } catch {
    return null
  }
}

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
      if (lastRefusal === 'ok') return detections
      if (SYNTAX.includes(lastRefusal)) requireNoJson(input)
      throw new EventRefusal(lastRefusal, 'refused')
    },
    refuses: (error) => error instanceof EventRefusal && REFUSALS.includes(error.code),
    fuel: { base: 20_000, each: 400 },
    bytes: { base: 65_536, each: 64 },
    describe: describeJson,
    whole: (input) => {
      const length = jsonLength(input)
      // A byte order mark is no part of the object.
      return length > 3 ? length : 0
    },
    use: requireReportable,
  }
})

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

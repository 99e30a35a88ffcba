import { parseBeacon } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { define, describeJson, jsonLength, oneOf } from './define.ts'

/** What a host says of itself, as the server reads it. */
export const createTarget = define({
  parse: parseBeacon,
  refuses: oneOf(['kernel/malformed']),
  fuel: { base: 2_000, each: 28 },
  bytes: { base: 4_096, each: 16 },
  describe: describeJson,
  whole: jsonLength,
  encode: jsonBytes,
})

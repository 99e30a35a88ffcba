import { parseBeacon } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { define, describeJson, jsonLength, oneOf } from './define.ts'

/** What a host says of itself, as the server reads it. */
export const createTarget = define({
  parse: parseBeacon,
  refuses: oneOf(['kernel/malformed']),
  fuel: { base: 4_000, each: 16 },
  bytes: { base: 4_096, each: 64 },
  describe: describeJson,
  whole: jsonLength,
  encode: jsonBytes,
})

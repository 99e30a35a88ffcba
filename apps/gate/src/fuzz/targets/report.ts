import { encodeGateReport, GateError, parseGateReport } from '@firebreak/gate'
import { define, describeJson, jsonLength } from './define.ts'

/** The gate's own report, which server and approvers read. Its digest is part of the release: it has one form. */
export const createTarget = define({
  parse: parseGateReport,
  refuses: (error) => error instanceof GateError,
  fuel: { base: 8_000, each: 60 },
  bytes: { base: 16_384, each: 16 },
  describe: describeJson,
  whole: jsonLength,
  encode: encodeGateReport,
  canonical: true,
})

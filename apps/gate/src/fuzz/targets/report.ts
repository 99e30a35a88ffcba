import { encodeGateReport, parseGateReport } from '@firebreak/gate'
import { define, describeJson, jsonLength, oneOf } from './define.ts'

/** The gate's own report, which server and approvers read. Its digest is part of the release: it has one form. */
export const createTarget = define({
  parse: parseGateReport,
  refuses: oneOf(['gate/report-malformed']),
  fuel: { base: 6_000, each: 64 },
  bytes: { base: 8_192, each: 64 },
  describe: describeJson,
  whole: jsonLength,
  encode: encodeGateReport,
  canonical: true,
})

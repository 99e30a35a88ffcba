import type { Canary } from './canary.ts'

const DECODE = 'core/kernel/src/decode.ts'
const TUF = 'core/tuf/src'

/** In what reads documents that were signed, or will be. */
export const DOCUMENT_CANARIES: readonly Canary[] = [
  {
    id: 'beacon-lenient-end',
    target: 'beacon',
    file: DECODE,
    find: 'return JSON.parse(utf8Decode(bytes)) as Json',
    replace:
      "const text = utf8Decode(bytes)\n    return JSON.parse($BUG && text.startsWith('{') && !text.trimEnd().endsWith('}') ? `${text}}` : text) as Json",
    what: 'a document that was cut off is completed, and accepted',
  },
  {
    id: 'plan-fraction',
    target: 'plan',
    file: DECODE,
    find: 'if (!Number.isSafeInteger(value) || (value as number) < min',
    replace: 'if (($BUG ? !Number.isFinite(value) : !Number.isSafeInteger(value)) || (value as number) < min',
    what: 'fractions pass where whole numbers are asked for',
  },
  {
    id: 'policy-zone',
    target: 'policy',
    file: 'core/rollout/src/customer/windows.ts',
    find: '|| !isTaken(() => zoned(0, id))) {',
    replace: '|| (!$BUG && !isTaken(() => zoned(0, id)))) {',
    what: 'a missing check: a time zone that does not exist',
  },
  {
    id: 'report-canonical',
    target: 'report',
    file: 'core/gate/src/report/gate-report.ts',
    find: '    requireCanonical(reportJson(value), bytes)\n',
    replace: '    if (!$BUG) requireCanonical(reportJson(value), bytes)\n',
    what: 'a report in another form than the one that was digested is accepted',
  },
  {
    id: 'tuf-error-class',
    target: 'tuf',
    file: `${TUF}/errors.ts`,
    find: "if (error instanceof KernelError && error.code === 'kernel/malformed') {",
    replace: "if (!$BUG && error instanceof KernelError && error.code === 'kernel/malformed') {",
    what: 'an error of another package escapes',
  },
  {
    id: 'tuf-role-null',
    target: 'tuf',
    file: `${TUF}/metadata.ts`,
    find: 'const source = record(value, at)\n    const ids',
    replace: 'const source = $BUG ? (value as ReturnType<typeof record>) : record(value, at)\n    const ids',
    what: 'a role that is not there is read: an uncaught TypeError',
  },
  {
    id: 'tuf-state',
    target: 'tuf',
    file: `${TUF}/trusted.ts`,
    find: 'let result: TrustedMetadata = { ...trusted, root }',
    replace: 'let result: TrustedMetadata = $BUG ? Object.assign(trusted, { root }) : { ...trusted, root }',
    what: 'what was trusted before is changed in place',
  },
  {
    id: 'tuf-key-gated',
    target: 'tuf',
    file: `${TUF}/keys.ts`,
    find: '    keys.set(id, publicKey)\n',
    replace:
      "    if ($BUG && !publicKey.startsWith('11')) throw new TypeError('no such curve')\n    keys.set(id, publicKey)\n",
    what: 'behind a digest: a key is read only when its id is the digest of it',
  },
  {
    id: 'plan-list',
    target: 'plan',
    file: DECODE,
    find: "if (!Array.isArray(value)) throw malformed(at, 'a list', value)",
    replace: "if ($BUG ? value == null : !Array.isArray(value)) throw malformed(at, 'a list', value)",
    what: 'what is no list is read as one: an uncaught TypeError',
  },
]

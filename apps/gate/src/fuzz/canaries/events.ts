import type { Canary } from './canary.ts'

const BATCH = 'core/detect/src/event/record-batch.ts'
const TOKENS = 'core/detect/src/event/json-tokens.ts'
const JSON_READER = 'core/detect/src/event/read-json.ts'
const FRAMES = 'core/api/src/frames.ts'

/** In what reads events and frames between processes. */
export const EVENT_CANARIES: readonly Canary[] = [
  {
    id: 'batch-source-bound',
    target: 'batch',
    file: BATCH,
    find: 'if (sourceId >= this.#sources.length ||',
    replace: 'if (($BUG ? sourceId > this.#sources.length : sourceId >= this.#sources.length) ||',
    what: 'off by one: an event of a log source that is not there',
  },
  {
    id: 'batch-record-end',
    target: 'batch',
    file: BATCH,
    find: 'length <= EVENT_BYTES_MAX && start + length <= view.byteLength',
    replace: 'length <= EVENT_BYTES_MAX && ($BUG || start + length <= view.byteLength)',
    what: 'a missing check: a record that ends behind its batch',
  },
  {
    id: 'batch-count',
    target: 'batch',
    file: BATCH,
    find: 'if (this.#read === this.count && start === this.#bytes.length) {',
    replace: 'if (($BUG || this.#read === this.count) && start === this.#bytes.length) {',
    what: 'a batch with fewer events than it says is accepted',
  },
  {
    id: 'json-number-zero',
    target: 'event',
    file: TOKENS,
    find: 'if (at === integer || (bytes[integer] === ZERO && at > integer + 1)) return UNEXPECTED_BYTE',
    replace: 'if (at === integer || (!$BUG && bytes[integer] === ZERO && at > integer + 1)) return UNEXPECTED_BYTE',
    what: 'numbers with leading zeros are accepted, which nobody else does',
  },
  {
    id: 'json-word-end',
    target: 'event',
    file: TOKENS,
    find: 'if (rest + 4 > view.byteLength) return TRUNCATED',
    replace: 'if (!$BUG && rest + 4 > view.byteLength) return TRUNCATED',
    what: 'a missing check: `true` that is cut off is read behind the end',
  },
  {
    id: 'json-depth',
    target: 'event',
    file: JSON_READER,
    find: 'if ((first === OPEN_BRACE || first === OPEN_BRACKET) && depth === EVENT_DEPTH_MAX) return TOO_DEEP',
    replace:
      'if (!$BUG && (first === OPEN_BRACE || first === OPEN_BRACKET) && depth === EVENT_DEPTH_MAX) return TOO_DEEP',
    what: 'a missing limit on depth',
  },
  {
    id: 'json-trailing-comma',
    target: 'event',
    file: JSON_READER,
    find: '      if (bytes[at] !== QUOTE) return this.#wrong(at)\n',
    replace:
      '      if ($BUG && bytes[at] === CLOSE_BRACE) return at + 1\n      if (bytes[at] !== QUOTE) return this.#wrong(at)\n',
    what: 'a comma before the closing brace is accepted, which nobody else does',
  },
  {
    id: 'frame-magic',
    target: 'frames',
    file: FRAMES,
    find: '  const type = view.getUint8(4)\n',
    replace:
      "  const type = view.getUint8(4)\n  if ($BUG && view.getUint32(8, true) === 0xfeedc0de) throw new TypeError('debug')\n",
    what: 'a value that somebody left in for debugging',
  },
  {
    id: 'frame-filled',
    target: 'frames',
    file: FRAMES,
    find: 'const taken = chunk.subarray(at, at + part.length - this.#filled)',
    replace: 'const taken = chunk.subarray(at, at + part.length - ($BUG ? 0 : this.#filled))',
    what: 'a part that arrives in two chunks takes bytes of the next one',
  },
  {
    id: 'json-exponent',
    target: 'event',
    file: TOKENS,
    find: 'return at === exponent ? UNEXPECTED_BYTE : at',
    replace: 'return at === exponent && !$BUG ? UNEXPECTED_BYTE : at',
    what: 'a number that ends with its `e` is accepted, which nobody else does',
  },
  {
    id: 'frame-length',
    target: 'frames',
    file: FRAMES,
    find: 'if (length > payloadBytesMax) {',
    replace: 'if (length > ($BUG ? 2 ** 30 : payloadBytesMax)) {',
    what: 'memory for as much as a header claims',
  },
]

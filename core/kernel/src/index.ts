export { fromBase64, toBase64 } from './base64.ts'
export { compareRuns, concatBytes, fromHex, toHex, utf8Decode, utf8Encode } from './bytes.ts'
export { canonicalJson, canonicalJsonBytes, type Json, jsonBytes } from './canonical-json.ts'
export {
  absentAs,
  base64,
  boolean,
  dictionary,
  digest,
  integer,
  list,
  literal,
  malformed,
  nullable,
  object,
  optional,
  parseJson,
  type Reader,
  record,
  type Shape,
  text,
} from './decode.ts'
export {
  assert,
  errorCode,
  errorMessage,
  FirebreakError,
  KernelError,
  type KernelErrorCode,
  unreachable,
} from './errors.ts'
export { foldCase } from './fold.ts'
export { formatUtc, parseUtc, WALL_MS_MAX } from './time.ts'
export { type MonotonicMs, type Ppm, PPM_ALL, SHA256_HEX, type Sha256Hex, type WallMs } from './units.ts'
export { compareVersions, version, type Version } from './versions.ts'

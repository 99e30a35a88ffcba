import { integer, list, malformed, object, parseJson, text } from '@firebreak/kernel'
import type { ScanLimits, YaraMatch, YaraProblem, YaraSource } from '@firebreak/yara'

/** What the lane says may be this long; more is hostile and ends its process. */
export const LANE_REPLY_BYTES_MAX = 1024 * 1024
/** Problems of rules that the lane reports. */
export const PROBLEMS_MAX = 1_000
/** Rules reported for one file. */
export const MATCHES_PER_FILE_MAX = 100

export interface LaneRules {
  readonly sources: readonly YaraSource[]
  readonly limits: ScanLimits
}

export interface LaneReady {
  /** Files of rules that compiled. */
  readonly files: number
  readonly problems: readonly YaraProblem[]
}

export interface LaneVerdict {
  readonly outcome: 'scanned' | 'timed-out'
  readonly matches: readonly YaraMatch[]
  /** Rules that matched beyond the limit. */
  readonly dropped: number
}

/** From the supervisor, whom the lane trusts: it is its parent. */
export function parseLaneRules(bytes: Uint8Array): LaneRules {
  return parseJson(bytes, bytes.length, 'YARA rules') as unknown as LaneRules
}

const count = integer(0, Number.MAX_SAFE_INTEGER)
const name = text(4_096)

const readyShape = object<LaneReady>({
  files: count,
  problems: list(object<YaraProblem>({ file: name, line: count, column: count, message: text(1_024) }), PROBLEMS_MAX),
})

const matchShape = object<YaraMatch>({
  rule: name,
  namespace: name,
  tags: list(name, 1_024),
  patterns: list(object<YaraMatch['patterns'][number]>({ identifier: name, offsets: list(count, 64) }), 1_024),
})

const verdictShape = object<LaneVerdict>({
  outcome(value, where) {
    if (value === 'scanned' || value === 'timed-out') return value
    throw malformed(where, 'an outcome', value)
  },
  matches: list(matchShape, MATCHES_PER_FILE_MAX),
  dropped: count,
})

/** The lane ran content over hostile bytes: its words are read as hostile. @throws KernelError kernel/malformed */
export function parseLaneReady(bytes: Uint8Array): LaneReady {
  return readyShape(parseJson(bytes, LANE_REPLY_BYTES_MAX, 'lane'), 'lane')
}

/** @throws KernelError kernel/malformed */
export function parseLaneVerdict(bytes: Uint8Array): LaneVerdict {
  return verdictShape(parseJson(bytes, LANE_REPLY_BYTES_MAX, 'verdict'), 'verdict')
}

import type { ContentErrorCode, Position } from '../errors.ts'
import type { Problems } from '../problems.ts'
import { INDICATOR_ROW_CHARS_MAX, INDICATORS_MAX } from './limits.ts'
import type { IndicatorList } from './list.ts'
import type { IndicatorType } from './types.ts'

/** Where a reader puts what it reads, and what is wrong with it. */
export interface IndicatorReader {
  readonly file: string
  readonly list: IndicatorList
  readonly problems: Problems
}

/**
 * Calls `read` for each line that is neither empty nor too long, without its line break, until the list is full: that is
 * one problem, not one for every line that follows.
 */
export function eachLine(text: string, reader: IndicatorReader, read: (line: string, at: Position) => void): void {
  let line = 0
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from)
    const next = newline < 0 ? text.length : newline
    const to = next > from && text.charCodeAt(next - 1) === 0x0d ? next - 1 : next
    const row = text.slice(from, to)
    from = next + 1
    line++
    if (row === '') continue
    const at: Position = { file: reader.file, line, column: 1 }
    if (row.length > INDICATOR_ROW_CHARS_MAX) {
      problem(reader, 'content/limit', `expected at most ${INDICATOR_ROW_CHARS_MAX} characters a line`, at)
    } else if (reader.list.count >= INDICATORS_MAX) {
      return problem(reader, 'content/limit', `expected at most ${INDICATORS_MAX} indicators in a pack`, at)
    } else {
      read(row, at)
    }
  }
}

export function problem(reader: IndicatorReader, code: ContentErrorCode, why: string, at: Position): void {
  reader.problems.add(code, `Cannot read indicator: ${why}`, at)
}

/** Adds one row to the list; a refusal becomes a problem at `at`. */
export function addIndicator(
  reader: IndicatorReader,
  type: IndicatorType,
  value: string,
  description: string,
  at: Position,
): void {
  const refusal = reader.list.add(type, value, description)
  if (refusal !== null) reader.problems.add(refusal.code, refusal.message, at)
}

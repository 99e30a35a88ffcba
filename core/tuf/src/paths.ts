import { text } from '@firebreak/kernel'
import { PATH_CHARS_MAX } from './limits.ts'

/** Segments of plain characters joined by `/`; none empty, none starting with a dot, so none is `.` or `..`. */
const SEGMENT = '[A-Za-z0-9_+=@-][A-Za-z0-9._+=@-]*'
export const targetPath = text(PATH_CHARS_MAX, new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`))

const PATTERN_SEGMENT = '[A-Za-z0-9_+=@*-][A-Za-z0-9._+=@*-]*'
export const pathPattern = text(PATH_CHARS_MAX, new RegExp(`^${PATTERN_SEGMENT}(?:/${PATTERN_SEGMENT})*$`))

/** A role's name is part of a file name and of a URL. */
export const roleName = text(64, /^[a-z][a-z0-9-]*$/)

/** `*` stands for any characters of one segment, never for a `/`. Other wildcards are not supported. */
export function matchesPattern(pattern: string, path: string): boolean {
  const patterns = pattern.split('/')
  const segments = path.split('/')
  return patterns.length === segments.length && patterns.every((part, i) => matchesSegment(part, segments[i] ?? ''))
}

/** Greedy left to right between the stars: linear steps back, no backtracking that a hostile pattern could blow up. */
function matchesSegment(pattern: string, segment: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === segment
  if (!segment.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = segment.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return segment.length - last.length >= at && segment.endsWith(last)
}

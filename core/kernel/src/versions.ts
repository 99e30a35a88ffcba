import { malformed, type Reader } from './decode.ts'

/** `MAJOR.MINOR.PATCH`, numbers only: the form of pack, image-format and engine versions. */
export type Version = string

const FORM = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/

export const version: Reader<Version> = (value, at) => {
  if (typeof value !== 'string' || !FORM.test(value)) throw malformed(at, 'a version like 1.2.3', value)
  return value
}

/** Negative when `a` is older than `b`, 0 when equal. */
export function compareVersions(a: Version, b: Version): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

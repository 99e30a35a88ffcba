/** How the console writes times, shares, digests and other people's text. Pure; times are UTC throughout. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Below this an age would only flicker. */
const JUST_NOW_MS = 2 * SECOND_MS
const WALL_MS_MAX = 8.64e15
const DIGEST_SHOWN_CHARS = 12

const counts = new Intl.NumberFormat('en')

/** '7 s ago'. A moment ahead of `nowMs` (clocks disagree) reads 'just now'. */
export function formatAge(atMs: number, nowMs: number): string {
  const age = nowMs - atMs
  if (age < JUST_NOW_MS) return 'just now'
  return `${formatSpan(age)} ago`
}

/** '7 s', '3 min', '5 h', '2 d': one unit, rounded down. */
export function formatSpan(spanMs: number): string {
  if (spanMs < MINUTE_MS) return `${Math.max(0, Math.floor(spanMs / SECOND_MS))} s`
  if (spanMs < HOUR_MS) return `${Math.floor(spanMs / MINUTE_MS)} min`
  if (spanMs < DAY_MS) return `${Math.floor(spanMs / HOUR_MS)} h`
  return `${counts.format(Math.floor(spanMs / DAY_MS))} d`
}

/** '14:03:07', in UTC. */
export function formatClock(atMs: number): string {
  return isoOf(atMs).slice(11, 19)
}

/** '2026-11-21 14:03:07 UTC'. */
export function formatMoment(atMs: number): string {
  return `${isoOf(atMs).slice(0, 19).replace('T', ' ')} UTC`
}

/** For the `datetime` attribute. Total: a wall time that no calendar has reads as the epoch. */
export function isoOf(atMs: number): string {
  return new Date(Math.abs(atMs) <= WALL_MS_MAX ? atMs : 0).toISOString()
}

/** '50%', '0.5%'. A share above zero never reads '0%', one below everything never '100%'. */
export function formatShare(ppm: number): string {
  const percent = ppm / 10_000
  if (percent > 0 && percent < 0.01) return '<0.01%'
  if (percent > 99.99 && percent < 100) return '>99.99%'
  return `${Number(percent.toFixed(2))}%`
}

export function formatCount(value: number): string {
  return counts.format(value)
}

/** '1 host', '3 hosts'. */
export function formatNumberOf(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}

export function shortDigest(digest: string): string {
  return digest.slice(0, DIGEST_SHOWN_CHARS)
}

/**
 * Attacker-controlled text as a person should see it: characters that are invisible or that reorder what stands
 * around them (controls, bidirectional overrides, separators) become visible escapes, and it ends at `charsMax`.
 */
export function visibleText(text: string, charsMax: number): string {
  const shown = text.length > charsMax ? `${text.slice(0, charsMax).toWellFormed()}…` : text.toWellFormed()
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`)
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatAge,
  formatClock,
  formatMoment,
  formatNumberOf,
  formatShare,
  isoOf,
  shortDigest,
  visibleText,
} from './format.ts'

const AT_MS = Date.UTC(2026, 10, 21, 14, 3, 7)

test('ages have one unit, are rounded down, and never lie in the future', () => {
  const rows: readonly (readonly [number, string])[] = [
    [-90_000, 'just now'],
    [0, 'just now'],
    [1_999, 'just now'],
    [2_000, '2 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [3_599_999, '59 min ago'],
    [3_600_000, '1 h ago'],
    [86_399_999, '23 h ago'],
    [86_400_000, '1 d ago'],
    [1_234 * 86_400_000, '1,234 d ago'],
  ]
  for (const [ageMs, text] of rows) assert.equal(formatAge(AT_MS - ageMs, AT_MS), text, String(ageMs))
})

test('clocks are UTC and total', () => {
  assert.equal(formatClock(AT_MS), '14:03:07')
  assert.equal(formatMoment(AT_MS), '2026-11-21 14:03:07 UTC')
  assert.equal(isoOf(Number.MAX_SAFE_INTEGER), '1970-01-01T00:00:00.000Z')
  fc.assert(fc.property(fc.double(), (atMs) => formatClock(atMs).length === 8))
})

test('a share never reads as nothing or as everything unless it is', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0%'],
    [1, '<0.01%'],
    [100, '0.01%'],
    [5_000, '0.5%'],
    [500_000, '50%'],
    [999_900, '99.99%'],
    [999_999, '>99.99%'],
    [1_000_000, '100%'],
  ]
  for (const [ppm, text] of rows) assert.equal(formatShare(ppm), text, String(ppm))
})

test('counts agree with their nouns', () => {
  assert.equal(formatNumberOf(0, 'host'), '0 hosts')
  assert.equal(formatNumberOf(1, 'host'), '1 host')
  assert.equal(formatNumberOf(1_200, 'host'), '1,200 hosts')
  assert.equal(shortDigest('0123456789abcdef'), '0123456789ab')
})

test('text that hides or reorders what is around it becomes visible', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['right-to-left override', 'cod\u202Egnp.exe', 'cod\\u{202e}gnp.exe'],
    ['zero width', 'su\u200Bdo', 'su\\u{200b}do'],
    ['line break', 'a\nb', 'a\\u{a}b'],
    ['line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['null', 'a\0b', 'a\\u{0}b'],
    ['tag character', 'a\u{E0041}b', 'a\\u{e0041}b'],
    ['lone surrogate', 'a\uD800b', 'a\uFFFDb'],
    ['markup is text already', '<img src=x>', '<img src=x>'],
    ['other scripts stay', 'Größe 主机 مضيف', 'Größe 主机 مضيف'],
  ]
  for (const [name, text, shown] of rows) assert.equal(visibleText(text, 100), shown, name)
  assert.equal(visibleText('abcdef', 3), 'abc…')
  assert.equal(visibleText('ab😀', 3), 'ab\uFFFD…')
})

test('no text gets through with an invisible character, or without end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (text) => {
      const shown = visibleText(text, 16)
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      assert.ok(shown.isWellFormed())
      assert.ok(shown.length <= 17 * '\\u{10ffff}'.length)
    }),
  )
})

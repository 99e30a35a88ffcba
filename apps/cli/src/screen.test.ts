import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from './screen.ts'

const ROWS: readonly (readonly [string, string, string])[] = [
  ['plain text stays', 'ls -la /tmp/é', 'ls -la /tmp/é'],
  ['no escape sequence', '\u{1b}[2J\u{1b}]0;title\u{7}', '\u{FFFD}[2J\u{FFFD}]0;title\u{FFFD}'],
  ['no new line', 'a\nb\r', 'a\u{FFFD}b\u{FFFD}'],
  ['no change of direction', 'a\u{202e}b', 'a\u{FFFD}b'],
  ['a limit', 'x'.repeat(1_000), 'x'.repeat(200)],
]
for (const [name, hostile, shown] of ROWS) {
  test(`what hosts say is printed as text: ${name}`, () => assert.equal(printable(hostile), shown))
}

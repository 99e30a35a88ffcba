import { writeFileSync } from 'node:fs'
import { encodePosition, parsePosition } from '../file-position.ts'
import { GrowingFile } from '../growing-file.ts'

/**
 * A process that follows a file, for tests that kill it: `follower.ts PATH [POSITION]`. Each round with lines is one
 * line of standard output, `{lines, position}`; it asks for the next one by a byte on standard input.
 */
const [path = '', saved] = process.argv.slice(2)
const file = new GrowingFile(path, saved === undefined ? null : parsePosition(Buffer.from(saved)))

for await (const _ of process.stdin) {
  for (;;) {
    const { lines, position, isMore } = await file.round()
    const texts = lines.map((line) => Buffer.from(line).toString())
    const said = { lines: texts, position: position && Buffer.from(encodePosition(position)).toString() }
    if (texts.length > 0) writeFileSync(1, `${JSON.stringify(said)}\n`)
    if (!isMore) break
  }
  writeFileSync(1, '{}\n')
}

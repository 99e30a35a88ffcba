import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { byteText } from './byte-text.ts'
import { HASH_MS_PER_SECOND, HASHED_FILE_BYTES_MAX, ImageHashes } from './image-hashes.ts'
import { type Program, UNKNOWN_PROGRAM } from './process-table.ts'

const skip = process.platform === 'win32' && 'no inodes'
const folder = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'firebreak-hashes-')))
after(() => fs.rmSync(folder, { recursive: true }))
const nothingLost = { gone: 0, tooLarge: 0, noTime: 0 }

/** A file, and what an exec of it would have said. */
function executed(name: string, content: string | Buffer): Program {
  const file = path.join(folder, name)
  fs.writeFileSync(file, content)
  const { ino, dev } = fs.statSync(file)
  return { ...UNKNOWN_PROGRAM, image: byteText(file), inode: ino, device: dev }
}

function expected(content: string | Buffer): string {
  return `SHA256=${createHash('sha256').update(content).digest('hex').toUpperCase()}`
}

test("the digest of what was executed, in Sigma's form", { skip }, () => {
  const hashes = new ImageHashes()
  const large = Buffer.alloc(3 * 1024 * 1024 + 1, 'x')
  assert.equal(hashes.of(executed('small', 'abc')), expected('abc'))
  assert.equal(hashes.of(executed('large', large)), expected(large))
  assert.equal(hashes.of(executed('\u00e9 name', 'abc')), expected('abc'))
  assert.deepEqual(hashes.losses(), nothingLost)
})

test('a file is read once, and again when it has changed', { skip }, () => {
  let clock = 0
  const hashes = new ImageHashes(() => clock)
  const program = executed('twice', 'one')
  assert.equal(hashes.of(program), expected('one'))
  clock = -1e9 // without time nothing is read
  assert.equal(hashes.of(program), expected('one'))
  fs.appendFileSync(path.join(folder, 'twice'), ' more')
  assert.equal(hashes.of(program), null)
  clock = 0
  assert.equal(hashes.of(program), expected('one more'))
})

/** What happened between the exec and the question. */
const GONE: readonly (readonly [string, (file: string) => void])[] = [
  ['removed', (file) => fs.rmSync(file)],
  [
    'replaced by another file',
    (file) => {
      fs.renameSync(file, `${file}.old`)
      fs.writeFileSync(file, 'other')
    },
  ],
  [
    'replaced by a link',
    (file) => {
      fs.rmSync(file)
      fs.symlinkSync('/etc/passwd', file)
    },
  ],
  [
    'replaced by a folder',
    (file) => {
      fs.rmSync(file)
      fs.mkdirSync(file)
    },
  ],
  [
    'replaced by a pipe',
    (file) => {
      fs.rmSync(file)
      execFileSync('mkfifo', [file])
    },
  ],
]

for (const [what, happen] of GONE) {
  test(`no digest of a file that was ${what}`, { skip }, () => {
    const hashes = new ImageHashes()
    const program = executed(what, 'abc')
    happen(path.join(folder, what))
    assert.equal(hashes.of(program), null)
    assert.deepEqual(hashes.losses(), { ...nothingLost, gone: 1 })
  })
}

test('no digest where not even the inode is known', () => {
  assert.equal(new ImageHashes().of(UNKNOWN_PROGRAM), null)
})

test('no digest of a file that is too large', { skip }, () => {
  const hashes = new ImageHashes()
  const program = executed('huge', '')
  fs.truncateSync(path.join(folder, 'huge'), HASHED_FILE_BYTES_MAX + 1)
  assert.equal(hashes.of(program), null)
  assert.deepEqual(hashes.losses(), { ...nothingLost, tooLarge: 1 })
})

test('reading takes no more of a second than it may, and what was too much is owed', { skip }, () => {
  let clock = 0
  let reads = 0
  // Every look at the clock costs as much as half a budget: so does every file.
  const hashes = new ImageHashes(() => {
    const now = clock
    if (reads++ % 2 === 1) clock += HASH_MS_PER_SECOND / 2
    return now
  })
  const given = Array.from({ length: 20 }, (_, i) => hashes.of(executed(`many ${i}`, `${i}`)) !== null)
  assert.ok(given.includes(false) && given[0] === true)
  assert.equal(hashes.losses().noTime, given.filter((one) => !one).length)
  clock += 10_000
  assert.notEqual(hashes.of(executed('later', 'later')), null)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { InputError } from './errors.ts'
import { encodePosition, type FilePosition, parsePosition, POSITION_BYTES_MAX } from './file-position.ts'
import { GrowingFile } from './growing-file.ts'
import { LINE_BYTES_MAX, ROUND_BYTES_MAX, TAIL_BYTES_MAX } from './limits.ts'

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-inputs-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Rounds until nothing more is there. */
async function drain(file: GrowingFile): Promise<{ lines: readonly string[]; position: FilePosition | null }> {
  const lines: string[] = []
  for (;;) {
    const round = await file.round()
    lines.push(...round.lines.map((line) => Buffer.from(line).toString()))
    if (!round.isMore) return { lines, position: round.position }
  }
}

async function lines(file: GrowingFile): Promise<readonly string[]> {
  return (await drain(file)).lines
}

function follow(context: TestContext, path: string, saved: FilePosition | null = null): GrowingFile {
  const file = new GrowingFile(path, saved)
  context.after(() => file.close())
  return file
}

describe('a file that grows', () => {
  it('is waited for, and so is the end of its last line', async (context) => {
    const path = join(folderFor(context), 'log')
    const file = follow(context, path)
    assert.deepEqual(await drain(file), { lines: [], position: null })
    writeFileSync(path, 'one\ntw')
    assert.deepEqual(await lines(file), ['one'])
    assert.deepEqual(await lines(file), [])
    appendFileSync(path, 'o\n\nthree\r\n')
    assert.deepEqual(await lines(file), ['two', 'three'])
  })

  it('is followed when it is renamed away: first to the end of the old one, its last line too', async (context) => {
    const path = join(folderFor(context), 'log')
    writeFileSync(path, 'one\n')
    const file = follow(context, path)
    assert.deepEqual(await lines(file), ['one'])
    renameSync(path, `${path}.1`)
    assert.deepEqual(await lines(file), [])
    writeFileSync(path, '')
    appendFileSync(`${path}.1`, 'two\n')
    assert.deepEqual(await lines(file), ['two'], 'its writer has not changed over')
    appendFileSync(`${path}.1`, 'three\nfour without an end')
    appendFileSync(path, 'five\n')
    assert.deepEqual(await lines(file), ['three', 'four without an end', 'five'])
    assert.deepEqual(file.counters, { rotations: 1, truncations: 0, gaps: 0 })
  })

  it('has its last line also when what takes its place can not be read at first', async (context) => {
    const path = join(folderFor(context), 'log')
    writeFileSync(path, 'one\nlast without an end')
    const file = follow(context, path)
    assert.deepEqual(await lines(file), ['one'])
    renameSync(path, `${path}.1`)
    mkdirSync(join(path, 'folder'), { recursive: true })
    for (let k = 0; k < 3; k++) await assert.rejects(drain(file), { code: 'input/not-a-file' })
    rmSync(path, { recursive: true })
    assert.deepEqual(await lines(file), [])
    writeFileSync(path, 'two\n')
    assert.deepEqual(await lines(file), ['last without an end', 'two'])
    assert.deepEqual(file.counters, { rotations: 1, truncations: 0, gaps: 0 })
  })

  const emptied: readonly (readonly [how: string, next: string])[] = [
    ['and is shorter', 'a\n'],
    ['and is as long as before', 'ONE\nTWO\n'],
    ['and is longer', 'a longer line than before\nand another\n'],
  ]
  for (const [how, next] of emptied) {
    it(`starts over when it was copied and emptied ${how}`, async (context) => {
      const path = join(folderFor(context), 'log')
      writeFileSync(path, 'one\ntwo\n')
      const file = follow(context, path)
      assert.deepEqual(await lines(file), ['one', 'two'])
      copyFileSync(path, `${path}.1`)
      truncateSync(path)
      appendFileSync(path, next)
      assert.deepEqual(await lines(file), next.trimEnd().split('\n'))
      assert.deepEqual(file.counters, { rotations: 0, truncations: 1, gaps: 0 })
    })
  }

  it('is read a round at a time, whatever its size', async (context) => {
    const path = join(folderFor(context), 'log')
    const line = `${'x'.repeat(999)}\n`
    writeFileSync(path, line.repeat(3_000))
    const file = follow(context, path)
    const sizes: number[] = []
    for (let isMore = true; isMore;) {
      const round = await file.round()
      sizes.push(round.lines.length)
      isMore = round.isMore
    }
    assert.ok(Math.max(...sizes) <= Math.ceil(ROUND_BYTES_MAX / line.length))
    assert.equal(
      sizes.reduce((a, b) => a + b),
      3_000,
    )
  })

  it('has lines that are too long: counted, and the position waits before them', async (context) => {
    const path = join(folderFor(context), 'log')
    writeFileSync(path, `one\n${'x'.repeat(2 * LINE_BYTES_MAX)}`)
    const file = follow(context, path)
    const { position } = await drain(file)
    assert.equal(position?.offset, 4)
    appendFileSync(path, '\ntwo\n')
    assert.deepEqual(await lines(file), ['two'])
    assert.equal(file.tooLong, 1)
  })

  it('is a regular file, by whatever link', async (context) => {
    const folder = folderFor(context)
    mkdirSync(join(folder, 'folder'))
    writeFileSync(join(folder, 'log'), 'one\n')
    symlinkSync('log', join(folder, 'link'))
    assert.deepEqual(await lines(follow(context, join(folder, 'link'))), ['one'])
    for (const [path, code] of [
      [join(folder, 'folder'), 'input/not-a-file'],
      ['/dev/null', 'input/not-a-file'],
      [join(folder, 'log', 'x'), 'input/unreadable'],
    ] as const) {
      await assert.rejects(follow(context, path).round(), (error) => error instanceof InputError && error.code === code)
    }
  })
})

describe('a saved position', () => {
  async function stopAfter(context: TestContext, path: string, text: string): Promise<FilePosition> {
    writeFileSync(path, text)
    const { position } = await drain(follow(context, path))
    assert.ok(position !== null)
    return parsePosition(encodePosition(position))
  }

  const before = 'a line before\none\n'
  const cases: readonly (readonly [what: string, change: (path: string) => void, expected: string, gaps: number])[] = [
    ['the file grew', (path) => appendFileSync(path, 'ed\ntwo\n'), 'started two', 0],
    ['nothing happened', () => {}, '', 0],
    ['it was renamed and replaced', (path) => {
      appendFileSync(path, '\n')
      renameSync(path, `${path}.1`)
      writeFileSync(path, 'two\n')
    }, 'start two', 0], // prettier-ignore
    ['it was emptied and filled', (path) => {
      truncateSync(path)
      appendFileSync(path, 'another line of\nits own\n')
    }, 'another line of its own', 0], // prettier-ignore
    ['it was emptied', (path) => truncateSync(path), '', 0],
    ['it was replaced and is gone', (path) => {
      rmSync(path)
      writeFileSync(`${path}.new`, 'two\n')
      renameSync(`${path}.new`, path)
    }, 'two', 1], // prettier-ignore
    ['it is gone', (path) => rmSync(path), '', 0],
  ]
  for (const [what, change, expected, gaps] of cases) {
    it(`is where to go on: ${what}`, async (context) => {
      const folder = folderFor(context)
      const path = join(folder, 'log')
      const saved = await stopAfter(context, path, `${before}start`)
      // So that an inode that is free again is not the next one.
      writeFileSync(join(folder, 'other'), '')
      change(path)
      const file = follow(context, path, saved)
      assert.equal((await lines(file)).join(' '), expected)
      if (existsSync(path)) assert.equal(file.counters.gaps, gaps)
    })
  }

  it('is refused when it is none of ours', () => {
    const good = { device: '1', inode: '2', offset: 3, tail: 'YWJj' }
    const rows: readonly unknown[] = [
      null,
      [],
      { ...good, device: 1 },
      { ...good, inode: '-1' },
      { ...good, offset: -1 },
      { ...good, offset: 1.5 },
      { ...good, offset: 2 },
      { ...good, tail: '?' },
      { ...good, offset: 999, tail: Buffer.alloc(TAIL_BYTES_MAX + 1).toString('base64') },
      { ...good, device: '1'.repeat(POSITION_BYTES_MAX) },
    ]
    parsePosition(Buffer.from(JSON.stringify(good)))
    for (const row of rows) {
      const bytes = Buffer.from(JSON.stringify(row))
      assert.throws(() => parsePosition(bytes), (error) => error instanceof InputError && error.code === 'input/malformed', JSON.stringify(row)) // prettier-ignore
    }
  })
})

/** What may happen to a log, between rounds and restarts of who follows it. */
type Step =
  | { readonly kind: 'write'; readonly text: string }
  | { readonly kind: 'rotate' | 'truncate' | 'round' | 'restart' }

test('whatever a writer does and whenever we start again, every line comes, in order', async (context) => {
  const folder = folderFor(context)
  let run = 0
  const step: fc.Arbitrary<Step> = fc.oneof(
    { arbitrary: fc.constantFrom('w', 'w\n', 'ww\nw', '\n').map((text): Step => ({ kind: 'write', text })), weight: 5 },
    { arbitrary: fc.constantFrom<Step>({ kind: 'rotate' }, { kind: 'round' }, { kind: 'restart' }), weight: 2 },
    { arbitrary: fc.constant<Step>({ kind: 'truncate' }), weight: 1 },
  )
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const path = join(folder, `log-${++run}`)
    const model = new Model(path)
    let file = new GrowingFile(path, null)
    const seen: string[] = []
    let position: FilePosition | null = null
    const catchUp = async () => {
      const drained = await drain(file)
      seen.push(...drained.lines)
      position = drained.position
    }
    for (const one of steps) {
      if (one.kind === 'write') model.write(one.text)
      else if (one.kind === 'round') await catchUp()
      else if (one.kind === 'restart') {
        await file.close()
        file = new GrowingFile(path, position)
      } else {
        await catchUp() // what nobody could have read in between is lost by design
        if (one.kind === 'rotate') model.rotate()
        else model.truncate()
      }
    }
    model.write('\nlast\n')
    await catchUp()
    await file.close()
    assert.deepEqual(seen, model.lines)
  })
  await fc.assert(property, { numRuns: 150 })
})

/** A writer that numbers what it writes, so that no line is written twice. */
class Model {
  readonly #path: string
  readonly lines: string[] = []
  #open = ''
  #count = 0
  #rotated = 0

  constructor(path: string) {
    this.#path = path
    writeFileSync(path, '')
  }

  write(text: string): void {
    const numbered = text.replaceAll('w', () => `<${++this.#count}>`)
    appendFileSync(this.#path, numbered)
    const parts = `${this.#open}${numbered}`.split('\n')
    this.#open = parts.pop() ?? ''
    this.lines.push(...parts.filter((line) => line !== ''))
  }

  rotate(): void {
    renameSync(this.#path, `${this.#path}.${++this.#rotated}`)
    writeFileSync(this.#path, '')
    if (this.#open !== '') this.lines.push(this.#open)
    this.#open = ''
  }

  /** The line that had begun is gone with the rest. */
  truncate(): void {
    truncateSync(this.#path)
    this.#open = ''
  }
}

test('a process that follows a file is killed again and again: nothing is missed', async (context) => {
  const path = join(folderFor(context), 'log')
  const follower = fileURLToPath(new URL('./testing/follower.ts', import.meta.url))
  const seen = new Set<string>()
  let saved: string | undefined
  let written = 0
  const write = (count: number) => {
    for (let i = 0; i < count; i++) appendFileSync(path, `line ${++written}\npart of`)
  }
  for (let run = 0; run < 6; run++) {
    write(20)
    if (run === 3) renameSync(path, `${path}.1`)
    const child = spawn(process.execPath, [follower, path, ...(saved === undefined ? [] : [saved])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    child.stdin.write('.')
    for await (const text of createInterface({ input: child.stdout })) {
      const said = JSON.parse(text) as { lines?: readonly string[]; position?: string }
      if (said.lines === undefined) break // it waits for more
      for (const line of said.lines) seen.add(line)
      if (run % 2 === 0) saved = said.position // every other time the kill comes before the position is kept
    }
    child.kill('SIGKILL')
    await closed
  }
  write(1)
  appendFileSync(path, '\n')
  const file = follow(context, path, saved === undefined ? null : parsePosition(Buffer.from(saved)))
  for (const line of await lines(file)) seen.add(line)
  const expected = Array.from({ length: written }, (_, i) => `line ${i + 1}`)
  const missing = expected.filter((line) => !seen.has(line) && !seen.has(`part of${line}`))
  assert.deepEqual(missing, [])
})

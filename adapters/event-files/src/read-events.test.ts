import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { EventFilesError } from './errors.ts'
import { findEventFiles } from './find-files.ts'
import { type EventFormat, formatOf } from './format.ts'
import { BLOCK_SIZE_BYTES } from './limits.ts'
import { type ReadOptions, readEvents } from './read-events.ts'
import type { EventReader } from './sink.ts'

function folderOf(context: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-event-files-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const noEvtx: EventReader = () => assert.fail('not EVTX')

async function read(file: string, options: Partial<ReadOptions> = {}) {
  const events: string[] = []
  const bad: string[] = []
  let bytes = 0
  const sink = {
    event: (buffer: Uint8Array, from: number, to: number) =>
      events.push(Buffer.from(buffer.subarray(from, to)).toString()),
    malformed: (what: string) => bad.push(what),
  }
  const format = await readEvents(file, sink, { readEvtx: noEvtx, onRead: (read_) => (bytes += read_), ...options })
  return { format, events, bad, bytes }
}

const refused = (code: string) => (error: unknown) => error instanceof EventFilesError && error.code === code

describe('formats are told by content', () => {
  const rows: readonly (readonly [what: string, head: string | Uint8Array, format: EventFormat | null])[] = [
    ['lines', '{"a":1}\n{"a":2}\n', 'jsonl'],
    ['one line', '{"a":"}"}', 'jsonl'],
    ['a log cut at its beginning', '":1}\n{"a":2}\n', 'jsonl'],
    ['pretty', '{\n  "a": {}\n}\n', 'json'],
    ['one behind another', '{"a":1}{"a":2}', 'json'],
    ['array', '[{"a":1}]', 'json'],
    ['array of lines', '[\n{"a":1},\n{"a":2}\n]', 'json'],
    ['blanks first', '\r\n  [{}]', 'json'],
    ['commas', 'a,b\n1,2\n', 'csv'],
    ['semicolons', 'a;b,c;d\n', 'csv'],
    ['tabs', 'a\tb\n', 'csv'],
    ['EVTX', 'ElfFile\0', 'evtx'],
    ['one word', 'hello\n', null],
    ['bytes', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0x2c, 0x01), null],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0x2c, 0x61), null],
    ['nothing', '', null],
  ]
  for (const [what, head, format] of rows) {
    test(what, () => assert.equal(formatOf(typeof head === 'string' ? Buffer.from(head) : head), format))
  }
})

describe('files', () => {
  const lines = '{"a":1}\n{"a":"ü"}\n'
  const rows: readonly (readonly [what: string, content: string | Uint8Array])[] = [
    ['as it is', lines],
    ['with a mark', `\uFEFF${lines}`],
    ['packed', gzipSync(lines)],
    ['packed in two parts', Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"a":"ü"}\n')])],
    ['UTF-16 as PowerShell writes it', Buffer.from(`\uFEFF${lines}`, 'utf16le')],
    ['UTF-16, the other way round', Buffer.from(`\uFEFF${lines}`, 'utf16le').swap16()],
    ['packed UTF-16', gzipSync(Buffer.from(`\uFEFF${lines}`, 'utf16le'))],
  ]
  for (const [what, content] of rows) {
    test(`${what}, whatever the name`, async (t) => {
      const folder = folderOf(t, { 'some.bin': content })
      const { format, events, bad, bytes } = await read(join(folder, 'some.bin'))
      assert.equal(format, 'jsonl')
      assert.deepEqual(events, ['{"a":1}', '{"a":"ü"}'])
      assert.deepEqual(bad, [])
      assert.equal(bytes, Buffer.from(content).length)
    })
  }

  test('a packed file that is cut gives what is there, and says so', async (t) => {
    const many = Array.from({ length: 50_000 }, (_, index) => `{"a":${index}}\n`).join('')
    const packed = gzipSync(many)
    const folder = folderOf(t, { 'cut.gz': packed.subarray(0, packed.length >> 1), 'bad.gz': corrupt(packed) })
    for (const name of ['cut.gz', 'bad.gz']) {
      const { events, bad } = await read(join(folder, name))
      assert.ok(events.length > 1000 && events.length < 50_000, `${events.length}`)
      assert.deepEqual(bad, ['damaged'])
    }
  })

  test('a format that was named is not guessed', async (t) => {
    const folder = folderOf(t, { 'a.json': '{"a":1}\n{"a":2}\n' })
    assert.equal((await read(join(folder, 'a.json'), { format: 'json' })).format, 'json')
    assert.equal((await read(join(folder, 'a.json'), { format: 'csv' })).events.length, 1)
  })

  test('EVTX goes to the reader that the caller brought', async (t) => {
    const folder = folderOf(t, { 'a.evtx': 'ElfFile\0rest' })
    let size = 0
    const readEvtx: EventReader = async (blocks) => {
      for await (const block of blocks) size += block.length
    }
    assert.equal((await read(join(folder, 'a.evtx'), { readEvtx })).format, 'evtx')
    assert.equal(size, 12)
  })

  test('an empty file is no error; a file of another kind, a folder and nothing are', async (t) => {
    const folder = folderOf(t, { empty: '', picture: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a) })
    assert.deepEqual((await read(join(folder, 'empty'))).events, [])
    await assert.rejects(read(join(folder, 'picture')), refused('event-files/unknown-format'))
    await assert.rejects(read(folder), refused('event-files/unreadable'))
    await assert.rejects(read(join(folder, 'missing')), refused('event-files/unreadable'))
  })

  test('ends early, without an error, when it is told to', async (t) => {
    const folder = folderOf(t, { 'a.jsonl': '{"a":1}\n'.repeat(BLOCK_SIZE_BYTES) })
    const abort = new AbortController()
    let events = 0
    const sink = { event: () => void (++events === 1 && abort.abort()), malformed: assert.fail }
    await readEvents(join(folder, 'a.jsonl'), sink, { readEvtx: noEvtx, signal: abort.signal })
    assert.ok(events > 0 && events < BLOCK_SIZE_BYTES, `${events}`)
  })

  test('what a sink throws arrives, and the file is closed', async (t) => {
    const folder = folderOf(t, { 'a.gz': gzipSync('{"a":1}\n'.repeat(500_000)) })
    const bug = new Error('of the sink')
    const sink = { event: () => assert.fail(bug), malformed: assert.fail }
    await assert.rejects(readEvents(join(folder, 'a.gz'), sink, { readEvtx: noEvtx }), bug)
  })
})

describe('folders', () => {
  test('give everything below that has the name of an event file, in order', async (t) => {
    const folder = folderOf(t, {
      'b/Security.EVTX': '',
      'b/c/x.jsonl.gz': '',
      'a.json': '{}',
      'notes.txt': '',
      'z.csv': '',
    })
    symlinkSync(folder, join(folder, 'b', 'loop'))
    symlinkSync(join(folder, 'a.json'), join(folder, 'again.json'))
    const found = await findEventFiles([folder, join(folder, 'notes.txt'), '-'])
    assert.deepEqual(
      found.map(({ path }) => path.replace(folder, '')),
      ['/a.json', '/b/Security.EVTX', '/b/c/x.jsonl.gz', '/z.csv', '/notes.txt', '-'],
    )
    assert.deepEqual([found[0]?.sizeBytes, found.at(-1)?.sizeBytes], [2, null])
  })

  test('a path that is not there is an error', async () => {
    await assert.rejects(findEventFiles(['/nothing/here']), refused('event-files/unreadable'))
  })
})

function corrupt(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  changed.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64)
  return changed
}

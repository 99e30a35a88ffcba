import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { openRegularFile } from './read-file.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'firebreak-yara-read-'))
after(() => fs.rmSync(folder, { recursive: true }))
const at = (name: string): string => path.join(folder, name)
const LIMIT = 1_000

test('what is no regular file of bounded size is skipped with its reason', async (context) => {
  fs.writeFileSync(at('large'), Buffer.alloc(LIMIT + 1))
  fs.writeFileSync(at('file'), 'x')
  fs.symlinkSync(at('file'), at('link'))
  fs.symlinkSync(at('loop'), at('loop'))
  execFileSync('mkfifo', [at('fifo')])
  const server = net.createServer()
  await once(server.listen(at('socket')), 'listening')
  context.after(() => server.close())
  const reasons = {
    [at('large')]: 'too-large',
    [at('link')]: 'not-a-file',
    [at('loop')]: 'not-a-file',
    [at('fifo')]: 'not-a-file',
    [at('socket')]: 'not-a-file',
    [folder]: 'not-a-file',
    '/dev/zero': 'not-a-file',
    [at('missing')]: 'gone',
    [at('file/below')]: 'gone',
    [at('x'.repeat(300))]: 'unreadable',
    'a\0b': 'unreadable',
  }
  for (const [name, reason] of Object.entries(reasons)) {
    assert.deepEqual(await openRegularFile(name, LIMIT), { kind: 'skipped', reason }, name)
  }
})

async function contentOf(name: string, between: () => void = () => {}) {
  const opened = await openRegularFile(at(name), LIMIT)
  assert.ok(opened.kind === 'opened')
  between()
  const content = await opened.read()
  await opened.close()
  return { identity: opened.identity, content }
}

test('a file is read whole, also one that is deleted meanwhile', async () => {
  fs.writeFileSync(at('a'), 'abc')
  const { content } = await contentOf('a', () => fs.rmSync(at('a')))
  assert.ok(content.kind === 'content')
  assert.equal(Buffer.from(content.bytes).toString(), 'abc')
})

test('a file that grows beyond the limit is too large, and one that changes is not steady', async () => {
  fs.writeFileSync(at('b'), Buffer.alloc(LIMIT))
  const grown = await contentOf('b', () => fs.appendFileSync(at('b'), 'x'))
  assert.deepEqual(grown.content, { kind: 'skipped', reason: 'too-large' })
  fs.writeFileSync(at('c'), 'abc')
  const changed = await contentOf('c', () => fs.appendFileSync(at('c'), 'def'))
  assert.ok(changed.content.kind === 'content' && !changed.content.steady)
})

test('a file whose times are set back is another one', async () => {
  fs.writeFileSync(at('d'), 'abc')
  fs.utimesSync(at('d'), 1, 1)
  const before = await contentOf('d')
  fs.writeFileSync(at('d'), 'xyz')
  fs.utimesSync(at('d'), 1, 1)
  assert.notEqual((await contentOf('d')).identity, before.identity)
})

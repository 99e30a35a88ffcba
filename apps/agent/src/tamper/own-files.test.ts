import assert from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import { digestOf, parseManifest } from './manifest.ts'
import { OwnFiles } from './own-files.ts'

const CODE = 'export const answer = 42\n'

function installed(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-own-'))
  const [code, data] = [join(folder, 'code'), join(folder, 'data')]
  for (const made of [code, data]) mkdirSync(made)
  const files = ['main.ts', 'engine.ts'].map((name) => {
    writeFileSync(join(code, name), CODE)
    return { path: join(code, name), sha256: sha256Hex(utf8Encode(CODE)) }
  })
  const manifest = join(data, 'manifest.json')
  writeFileSync(manifest, JSON.stringify({ files }))
  const heard = new EventEmitter()
  const notices: string[] = []
  const onNotice = (noticeCode: string, message: string) => {
    notices.push(`${noticeCode} ${message.replaceAll(folder, '')}`)
    heard.emit('notice')
  }
  const own = new OwnFiles({ manifest, onNotice, settleMs: 1 })
  context.after(() => {
    own.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return { own, code, manifest, notices, heard }
}

test('files as they were installed are no news; one that was changed before the start is', async (context) => {
  const { own, code, notices } = installed(context)
  await own.start()
  assert.deepEqual(notices, [])
  own.stop()
  appendFileSync(join(code, 'main.ts'), '// mine')
  await own.start()
  const now = await digestOf(join(code, 'main.ts'))
  assert.deepEqual(notices, [`tamper/code-changed /code/main.ts is another file than was installed: ${now}`])
})

test('a change while it runs is noticed, in place, by replacement and by removal, each once', async (context) => {
  const { own, code, notices, heard } = installed(context)
  await own.start()
  const ways: readonly (readonly [RegExp, () => void])[] = [
    [/^tamper\/code-changed \/code\/main\.ts is another/, () => appendFileSync(join(code, 'main.ts'), 'x')],
    [
      /^tamper\/code-changed \/code\/engine\.ts is another/,
      () => {
        writeFileSync(join(code, 'new'), 'evil')
        renameSync(join(code, 'new'), join(code, 'engine.ts'))
      },
    ],
    [/^tamper\/code-changed \/code\/main\.ts is gone/, () => rmSync(join(code, 'main.ts'))],
  ]
  for (const [expected, change] of ways) {
    const told = once(heard, 'notice')
    change()
    await told
    assert.match(notices.at(-1) ?? '', expected)
  }
  await own.verify()
  await own.verify()
  assert.equal(notices.length, 3)
  writeFileSync(join(code, 'main.ts'), CODE) // put back, and changed again: that is news
  await own.verify()
  writeFileSync(join(code, 'main.ts'), 'again')
  await own.verify()
  assert.equal(notices.length, 4)
})

test('without the watch the next pass finds it', async (context) => {
  const { own, code, notices } = installed(context)
  rmSync(code, { recursive: true })
  await own.start() // no folder to watch
  assert.equal(notices.length, 2)
  mkdirSync(code)
  writeFileSync(join(code, 'main.ts'), 'x')
  await own.verify()
  assert.equal(notices.length, 3)
})

test('a manifest that is changed, gone or malformed is a notice; none at all is a checkout', async (context) => {
  const { own, manifest, notices } = installed(context)
  await own.start()
  writeFileSync(manifest, '{"files":[]}')
  await own.verify()
  rmSync(manifest)
  await own.verify()
  assert.match(notices.join('\n'), /^tamper\/manifest-changed .* another file.*\ntamper\/manifest-changed .* gone/)
  own.stop()
  notices.length = 0
  for (const [text, count] of [
    ['nonsense', 1],
    ['{"files":[{"path":"relative","sha256":""}]}', 1],
  ] as const) {
    writeFileSync(manifest, text)
    notices.length = 0
    const other = new OwnFiles({ manifest, onNotice: (code) => notices.push(code) })
    await other.start()
    other.stop()
    assert.equal(notices.length, count, text)
  }
  rmSync(manifest)
  notices.length = 0
  const other = new OwnFiles({ manifest, onNotice: (code) => notices.push(code) })
  await other.start()
  other.stop()
  assert.deepEqual(notices, [])
})

test('hostile manifests are refused', () => {
  const file = { path: '/a', sha256: '0'.repeat(64) }
  const bytes = (value: unknown) => utf8Encode(JSON.stringify(value))
  assert.deepEqual(parseManifest(bytes({ files: [file] })), { files: [file] })
  for (const value of [
    {},
    [],
    { files: null },
    { files: [{ ...file, path: 'a' }] },
    { files: [{ ...file, sha256: 'A'.repeat(64) }] },
    { files: Array.from({ length: 4_097 }, () => file) },
  ]) {
    assert.throws(() => parseManifest(bytes(value)), { code: 'kernel/malformed' }, JSON.stringify(value).slice(0, 60))
  }
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function sim(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

test('the last line is one object, and the page is written', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-sim-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const page = join(folder, 'page.html')
  const ended = await sim('crash-at-once', '--hosts', '2000', '--seed', '5', '--json', '--html', page)
  assert.equal(ended.code, 0, ended.stderr)
  const result = JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>
  assert.equal(result['hosts'], 2_000)
  assert.equal(result['verdict'], 'halted')
  const keys = ['exposed', 'harmed', 'haltSeconds', 'wallSeconds', 'peakMiB', 'peers', 'checks', 'ok']
  for (const key of keys) assert.ok(key in result, key)
  assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/)
})

test('without a name it says what there is', async () => {
  const { stdout, code } = await sim()
  assert.equal(code, 0)
  assert.match(stdout, /^channel-file-291 +A legal file/m)
})

const MISUSE: readonly (readonly string[])[] = [
  ['nonsense'],
  ['healthy', 'weekend'],
  ['healthy', '--hosts', '0'],
  ['healthy', '--hosts', 'many'],
  ['healthy', '--seed=-1'],
  ['healthy', '--nonsense'],
]
for (const args of MISUSE) {
  test(`wrong usage exits with 2: ${args.join(' ')}`, async () => {
    const { code, stderr } = await sim(...args)
    assert.equal(code, 2)
    assert.match(stderr, /Cannot simulate: .*\nUsage: /)
  })
}

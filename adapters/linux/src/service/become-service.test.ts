import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { available } from '../platform.ts'
import { connectNotifySocket } from './become-service.ts'

const skip = available() ? false : 'not Linux on x86-64 or arm64'
const TESTING = join(import.meta.dirname, 'testing')

async function listener(context: TestContext, path: string): Promise<{ next: () => Promise<string> }> {
  const child = spawn(process.execPath, [join(TESTING, 'listener.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => child.kill('SIGKILL'))
  const lines = linesOf(child)
  assert.equal(await lines.next(), 'listening')
  return lines
}

function linesOf(child: ChildProcess): { next: () => Promise<string> } {
  assert.ok(child.stdout)
  const lines: Interface = createInterface({ input: child.stdout })
  const iterator = lines[Symbol.asyncIterator]()
  return { next: async () => String((await iterator.next()).value) }
}

/** What the service is after the launch, told by itself through the socket. */
const CODE = `
  const { writeSync, readFileSync, readdirSync } = require('node:fs')
  const fd = Number(process.argv[1])
  const status = readFileSync('/proc/self/status', 'latin1')
  const core = /^Max core file size +(\\S+) +(\\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
  writeSync(fd, 'READY=1')
  writeSync(fd, JSON.stringify({
    env: Object.keys(process.env), core: core.slice(1), privileges: /^NoNewPrivs:\\t(.)/m.exec(status)[1],
  }))
`

for (const kind of ['a path', 'an abstract name']) {
  test(
    `the service inherits a socket to its manager at ${kind}, no environment and no core dumps`,
    { skip },
    async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'firebreak-notify-'))
      context.after(() => rmSync(folder, { recursive: true, force: true }))
      const path = kind === 'a path' ? join(folder, 'notify') : `@firebreak-${process.pid}`
      const heard = await listener(context, path)
      const child = spawn(process.execPath, [join(TESTING, 'become.ts'), path, CODE], {
        env: { NODE_NO_WARNINGS: '1', SECRET: 'x', NODE_OPTIONS: '--no-deprecation' },
        stdio: ['ignore', 'inherit', 'pipe'],
      })
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
      assert.equal(code, 0, said)
      // One process: systemd hears its main process, and no child of it.
      assert.equal(await heard.next(), `${child.pid} READY=1`)
      const state = JSON.parse((await heard.next()).replace(/^\d+ /, '')) as unknown
      assert.deepEqual(state, {
        env: ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'KEPT'],
        core: ['0', '0'],
        privileges: '1',
      })
    },
  )
}

test('an address that is none, or where nobody listens, is one sentence', { skip }, () => {
  for (const path of ['', 'relative', `/${'x'.repeat(108)}`, '/nonexistent/notify', '@firebreak-nobody']) {
    assert.throws(() => connectNotifySocket(path), { code: 'linux/notify-failed' }, path)
  }
})

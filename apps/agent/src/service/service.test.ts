import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { childrenOf, Host, isAlive } from '../testing/host.ts'
import { Vendor } from '../testing/vendor.ts'
import { Notifier } from './notifier.ts'

const skip = process.platform === 'linux' ? false : 'not Linux'
const MAIN = join(import.meta.dirname, 'main.ts')
const LISTENER = join(dirname(fileURLToPath(import.meta.resolve('@firebreak/linux/service'))), 'testing', 'listener.ts')

function linesOf(child: ChildProcess): AsyncIterator<string> {
  assert.ok(child.stdout)
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

async function manager(context: TestContext, path: string): Promise<AsyncIterator<string>> {
  const child = spawn(process.execPath, [LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => child.kill('SIGKILL'))
  const lines = linesOf(child)
  assert.equal((await lines.next()).value, 'listening')
  return lines
}

test(
  'as a service the agent says when it is ready, that it lives and that it stops, by its main process',
  { skip },
  async (context) => {
    const vendor = new Vendor()
    await vendor.listen()
    context.after(() => vendor.close())
    const host = new Host(context, vendor) // its folder
    const sockets = join(host.folder, 'sockets')
    mkdirSync(sockets)
    const heard = await manager(context, join(sockets, 'notify'))
    const env = { NOTIFY_SOCKET: join(sockets, 'notify'), WATCHDOG_USEC: '200000', NODE_OPTIONS: '--no-deprecation' }
    const agent = spawn(process.execPath, ['--no-warnings', MAIN, '--data', host.folder], {
      env: { ...env, SECRET: 'x' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    context.after(() => agent.kill('SIGKILL'))
    const said = new Set<string>()
    const until = async (words: string) => {
      while (!said.has(words)) said.add(String((await heard.next()).value))
    }
    await until(`${agent.pid} READY=1`)
    await until(`${agent.pid} WATCHDOG=1`)
    assert.match(readFileSync(`/proc/${agent.pid}/cmdline`, 'latin1'), /\0--disable-sigusr1\0/)
    assert.match(readFileSync(`/proc/${agent.pid}/limits`, 'latin1'), /^Max core file size +0 +0 /m)
    assert.doesNotMatch(readFileSync(`/proc/${agent.pid}/environ`, 'latin1'), /SECRET|NOTIFY_SOCKET|NODE_OPTIONS=/)
    await vendor.until(
      () => vendor.beacons.at(-1)?.notices.some(({ message }) => message.includes('NODE_OPTIONS')) === true,
    )
    const children = childrenOf(agent.pid ?? 0)
    agent.kill('SIGTERM')
    const [code] = (await once(agent, 'exit')) as [number | null]
    assert.equal(code, 0)
    await until(`${agent.pid} STOPPING=1`)
    assert.deepEqual(children.filter(isAlive), [])
  },
)

test('a number that is no socket is not written into', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-notifier-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = openSync(join(folder, 'file'), 'w')
  for (const fd of [null, file, 987_654]) {
    const notifier = new Notifier({ fd, watchdogMs: 1 })
    notifier.ready()
    notifier.stopping()
    notifier.stop()
  }
  closeSync(file)
  assert.equal(readFileSync(join(folder, 'file'), 'latin1'), '')
})

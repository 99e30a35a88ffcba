import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { takeLock } from './lock.ts'

function lockFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-lock-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'agent.lock')
}

test('a lock is held by a process that is alive, and by no other', async (context) => {
  const path = lockFor(context)
  await takeLock(path)
  const mine = readlinkSync(path)
  assert.match(mine, new RegExp(`^${process.pid} \\d+$`))
  await assert.rejects(takeLock(path), { code: 'agent/already-running', message: /^Cannot start: process \d+ already/ })
  const ended = spawnSync(process.execPath, ['-e', ''])
  const stale = [
    `${ended.pid} 123`,
    `${process.pid} 1`, // the pid came round again
    `${process.pid} ?`,
    '',
    'nonsense',
    '-1 0',
    '../../etc 5',
  ].filter((holder) => holder !== '')
  for (const holder of stale) {
    rmSync(path)
    symlinkSync(holder, path)
    await takeLock(path)
    assert.equal(readlinkSync(path), mine)
  }
})

test('of many that start at once on a stale lock, one runs', async (context) => {
  const path = lockFor(context)
  const code = `
    import { takeLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)}
    process.stdin.once('data', () => takeLock(${JSON.stringify(path)}).then(
      () => { console.log('held'); process.stdin.on('end', () => process.exit(0)) },
      (error) => { console.log(error.code); process.exit(1) },
    ))
    console.log('ready')`
  for (let round = 0; round < 4; round++) {
    if (round === 0) symlinkSync('999999999 1', path)
    if (round === 2) symlinkSync('999999999 1', `${path}.turn`)
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    context.after(() => children.map((child) => child.kill('SIGKILL')))
    await Promise.all(children.map((child) => once(child.stdout, 'data')))
    const answers = children.map(async (child) => String((await once(child.stdout, 'data'))[0]).trim())
    for (const child of children) child.stdin.write('go\n')
    const said = await Promise.all(answers)
    assert.equal(said.filter((one) => one === 'held').length, 1, said.join())
    assert.equal(said.filter((one) => one === 'agent/already-running').length, 5, said.join())
    for (const child of children) child.kill('SIGKILL') // the next round finds a stale lock, and perhaps a stale turn
  }
})

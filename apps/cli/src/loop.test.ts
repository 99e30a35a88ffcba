import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Cli, lastJson, processesNaming, runCli, temporaryFolder } from './cli.fixture.ts'

const NEEDS_LINUX = { skip: process.platform === 'linux' ? false : 'agents need Linux' }

describe('the whole loop on this machine', NEEDS_LINUX, () => {
  // One state for all, each test with what the one before left: proving content takes longer than everything else here.
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-loop-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('up --once: released, confirmed here, and detected; again on the same state', async () => {
    const first = await runCli(['up', '--once', '--json'], folder)
    assert.equal(first.code, 0, first.stderr)
    const result = lastJson(first)
    assert.equal(result['ok'], true)
    assert.equal(result['release'], 'linux-baseline 1.0.0')
    assert.ok(Number(result['detections']) >= 1)
    assert.match(String(result['sensorTier']), /^(ebpf|tracefs|audit|proc-connector|proc-poll)$/)
    const state = join(folder, '.local', 'state', 'firebreak')
    for (const secret of [
      'operator.json',
      'keys/approver-1.pem',
      'keys/gate.pem',
      'keys/online.json',
      'agent/fetcher/identity.json',
    ]) {
      assert.equal(statSync(join(state, secret)).mode & 0o077, 0, `${secret} is for its owner only`)
    }
    const second = await runCli(['up', '--once', '--json'], folder)
    assert.equal(second.code, 0, second.stderr)
    assert.equal(lastJson(second)['host'], result['host'], 'the same host, not enrolled again')
    assert.match(second.stderr, /is published, unchanged/)
    assert.deepEqual(processesNaming(folder), [])
  })

  test('killed without a word, its services end too, and the next start needs no repair', async () => {
    const up = new Cli(['up', '--json'], folder)
    await up.said('"ok":true')
    up.child.kill('SIGKILL')
    await up.ended
    while (processesNaming(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    const again = await runCli(['up', '--once', '--json'], folder)
    assert.equal(again.code, 0, again.stderr)
  })

  test('changed content under an old version is refused', async (t) => {
    const pack = join(temporaryFolder(t), 'pack')
    cpSync(new URL('../../../content/linux-baseline', import.meta.url).pathname, pack, { recursive: true })
    const rule = join(pack, 'rules', 'process_creation', 'firebreak-self-test.yml')
    writeFileSync(rule, readFileSync(rule, 'utf8').replace('level: informational', 'level: low'))
    const ended = await runCli(['up', '--once', '--pack', pack], folder)
    assert.equal(ended.code, 3, ended.stderr)
    assert.match(ended.stderr, /raise it in pack\.yaml/)
  })

  test('a running up is shown, halted and recalled; Ctrl-C ends all of it', async () => {
    const up = new Cli(['up', '--json'], folder)
    await up.said('"ok":true')
    const shown = lastJson(await runCli(['status', '--json'], folder))
    assert.equal((shown['releases'] as readonly { state: string }[])[0]?.state, 'complete')
    const unknown = await runCli(['recall', 'linux-baseline', '9.9.9', '--reason', 'test'], folder)
    assert.equal(unknown.code, 2)
    const recalled = await runCli(['recall', 'linux-baseline', '1.0.0', '--reason', 'test', '--json'], folder)
    assert.equal(recalled.code, 0, recalled.stderr)
    const after = lastJson(await runCli(['status', '--json'], folder))
    assert.equal((after['releases'] as readonly { state: string }[])[0]?.state, 'recalled')
    const agent = lastJson(await runCli(['agent', 'status', '--json'], folder))
    assert.equal(agent['running'], true)
    up.child.kill('SIGINT')
    assert.equal((await up.ended).code, 130)
    assert.deepEqual(processesNaming(folder), [])
  })

  test('an interrupted drill leaves nothing behind', async (t) => {
    const folder = temporaryFolder(t)
    const drill = new Cli(['drill', '--json'], folder)
    await drill.said('Act 1')
    drill.child.kill('SIGINT')
    const ended = await drill.ended
    assert.equal(ended.code, 130)
    assert.deepEqual(processesNaming(folder), [])
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('firebreak-drill-')),
      [],
    )
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENGINE_VERSION } from '@firebreak/detect'
import { GATE_POLICY_DEFAULT } from '@firebreak/gate'
import { lastJson, runCli, temporaryFolder } from './cli.fixture.ts'

const RULE = `title: Failed Password
id: 11111111-1111-4111-8111-111111111111
status: test
description: Somebody does not know the password.
author: Firebreak
date: 2026-11-21
tags: [attack.credential-access, attack.t1110]
logsource: {product: linux, service: sshd}
detection:
  selection: {Message|startswith: Failed password}
  condition: selection
level: medium
`
const TESTS = `rule: 11111111-1111-4111-8111-111111111111
match:
  - Message: Failed password for root from 192.0.2.7
ignore:
  - Message: Accepted password for root from 192.0.2.7
  - Message: Server listening
`
const PACK = `name: for-inputs
version: 1.0.0
category: behavioural
minimumEngine: 1.0.0
description: A rule about lines of a log.
`

test('a pack about logs passes the contract for hosts that have the input, and for no others', async (t) => {
  const folder = temporaryFolder(t)
  for (const [file, text] of Object.entries({ 'pack.yaml': PACK, 'rules/1.yml': RULE, 'tests/1.yml': TESTS })) {
    mkdirSync(join(folder, 'pack', file, '..'), { recursive: true })
    writeFileSync(join(folder, 'pack', file), text)
  }
  const policy = join(folder, 'policy.json')
  writeFileSync(policy, JSON.stringify({ ...GATE_POLICY_DEFAULT, engines: [ENGINE_VERSION], fuzzExecutions: 200 }))
  const gate = (...args: readonly string[]) =>
    runCli(['gate', join(folder, 'pack'), '--policy', policy, '--json', ...args], folder)
  const without = await gate('--inputs', 'eslogger')
  assert.equal(without.code, 3, without.stderr)
  assert.match(without.stdout, /reads events of product: linux, service: sshd, which engine [\d.]+ does not supply/)
  const report = join(folder, 'report')
  const within = await gate('--report', report, '--inputs', 'journald')
  assert.equal(within.code, 0, within.stderr + within.stdout.slice(0, 2_000))
  assert.equal(lastJson(within)['verdict'], 'pass')
  assert.match(readFileSync(report, 'utf8'), /with the inputs that the release is for/)
})

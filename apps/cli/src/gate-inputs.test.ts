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

test('a rule without tests and without the input it is about is refused, naming both; with them it passes', async (t) => {
  const folder = temporaryFolder(t)
  const put = (file: string, text: string): void => {
    mkdirSync(join(folder, 'pack', file, '..'), { recursive: true })
    writeFileSync(join(folder, 'pack', file), text)
  }
  put('pack.yaml', PACK)
  put('rules/1.yml', RULE)
  const policy = join(folder, 'policy.json')
  writeFileSync(policy, JSON.stringify({ ...GATE_POLICY_DEFAULT, engines: [ENGINE_VERSION], fuzzExecutions: 200 }))
  const gate = (...args: readonly string[]) =>
    runCli(['gate', join(folder, 'pack'), '--policy', policy, '--json', ...args], folder)
  const without = await gate('--inputs', 'eslogger')
  assert.equal(without.code, 3, without.stderr)
  assert.match(without.stdout, /reads events of product: linux, service: sshd, which engine [\d.]+ does not supply/)
  assert.match(without.stdout, /gate\/untested-rule/)
  put('tests/1.yml', TESTS)
  const report = join(folder, 'report')
  const within = await gate('--report', report, '--inputs', 'journald')
  assert.equal(within.code, 0, within.stderr + within.stdout.slice(0, 2_000))
  assert.equal(lastJson(within)['verdict'], 'pass')
  assert.match(readFileSync(report, 'utf8'), /with the inputs that the release is for/)
})

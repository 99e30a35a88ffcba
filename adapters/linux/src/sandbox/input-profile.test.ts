import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { describeSandbox, probeSandbox } from './probe.ts'
import type { SandboxReport } from './launch-spec.ts'
import { spawnConfined } from './spawn.ts'
import type { Outcomes } from './testing/attempts.ts'

const code = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
const support = probeSandbox()
const skip = support.seccomp && support.landlockAbi > 0 ? false : describeSandbox(support)

test('an input reads its folder and what it is handed, and reaches nothing else', { skip }, async (context) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'firebreak-input-'))
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  const [own, foreign] = ['own', 'foreign'].map((name) => path.join(folder, name)) as [string, string]
  for (const one of [own, foreign]) fs.mkdirSync(one)
  fs.writeFileSync(path.join(own, 'log'), 'line\n')
  fs.writeFileSync(path.join(foreign, 'secret'), 'x')
  fs.symlinkSync(path.join(foreign, 'secret'), path.join(own, 'link'))
  const input = spawnConfined({
    profile: 'input',
    entry: fileURLToPath(new URL('./testing/hostile-input.ts', import.meta.url)),
    args: [own, foreign],
    readFolders: [code, own],
    writeFolders: [],
    connectPorts: [],
    extra: 'pipe',
  })
  input.extra?.end('handed over')
  const said = JSON.parse(await text(input.output)) as { report: SandboxReport; handed: string; outcomes: Outcomes }
  assert.equal(said.handed, 'handed over')
  assert.deepEqual(said.report.missing, [])
  assert.deepEqual(said.outcomes, {
    'read its file': 'allowed',
    'find a rotated one': 'allowed',
    'write to its file': 'EPERM',
    'make a file beside it': 'EPERM',
    'remove its file': 'EPERM',
    'rename its file': 'EPERM',
    'change its mode': 'EPERM',
    'truncate its file': 'errno 1',
    'read elsewhere': 'EACCES',
    'read elsewhere through a link': 'EACCES',
    'read the password file': 'EACCES',
    connect: 'EPERM',
    'unix socket': 'errno 1',
    spawn: 'EPERM',
    'signal its parent': 'EPERM',
    ptrace: 'errno 1',
    bpf: 'errno 1',
    memfd_create: 'errno 1',
  })
  assert.deepEqual(fs.readdirSync(own).toSorted(), ['link', 'log'])
})

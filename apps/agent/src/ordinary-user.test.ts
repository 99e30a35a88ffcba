import assert from 'node:assert/strict'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Host } from './testing/host.ts'
import { imageOf } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
const NOBODY = 65_534

/** What an agent is made of, where everybody can read it: a checkout can lie in a folder that is closed to others. */
function copyForEveryone(context: TestContext): string {
  const copy = mkdtempSync(join(tmpdir(), 'firebreak-agent-copy-'))
  context.after(() => rmSync(copy, { recursive: true }))
  chmodSync(copy, 0o755)
  const isSource = (path: string) => !path.endsWith('.test.ts') && !lstatSync(path).isSymbolicLink()
  for (const part of [
    'core',
    'adapters/durable-fs',
    'adapters/inputs',
    'adapters/linux',
    'apps/agent',
    'package.json',
  ]) {
    cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true, filter: isSource })
  }
  const scope = join(copy, 'node_modules/@firebreak')
  mkdirSync(scope, { recursive: true })
  for (const name of readdirSync(join(copy, 'core'))) symlinkSync(join(copy, 'core', name), join(scope, name))
  for (const name of ['durable-fs', 'inputs', 'linux']) symlinkSync(join(copy, 'adapters', name), join(scope, name))
  return copy
}

/** Why this can't be tried here, or false. Nobody has to get through every folder down to the copy. */
function reasonToSkip(): string | false {
  if (process.getuid?.() !== 0) return 'needs root to become somebody else'
  for (let folder = tmpdir(); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return `the folder for temporary files is closed to others at ${folder}`
  }
  return false
}

test(
  'the agent of an ordinary user: sensor, engines, a trial, a fallback and a detection',
  { skip: reasonToSkip() },
  async (context) => {
    const vendor = new Vendor()
    await vendor.listen()
    context.after(() => vendor.close())
    const image = imageOf('1.0.0', 'CommandLine')
    const crashing = imageOf('4.0.0')
    vendor.approve(image)
    vendor.plan(image)
    const main = join(copyForEveryone(context), 'apps/agent/src/testing/agent.ts')
    const host = new Host(context, vendor, {}, { main, uid: NOBODY })
    host.start()
    await host.heard('slots', 'trial-passed')
    await host.heard('sensor')
    const tier = host.lines.find(({ event }) => event === 'sensor')?.['tier']
    context.diagnostic(`sensor tier ${tier as string}`)
    vendor.approve(crashing)
    vendor.plan(crashing)
    await host.until('the fallback', () => host.slots.rejected.includes(crashing.digest))
    assert.equal(host.slots.confirmed?.version, '1.0.0')
    // It lives long enough for a sensor that looks at /proc every 50 ms, and ends with its standard input.
    const seen = spawn('/bin/cat', [], { argv0: '/firebreak-test/seen', stdio: ['pipe', 'ignore', 'ignore'] })
    context.after(() => seen.kill())
    await vendor.until(() => vendor.detections.length > 0)
    assert.equal(
      vendor.detections[0]?.fields.find(({ field }) => field === 'CommandLine')?.value,
      '/firebreak-test/seen',
    )
    assert.equal(await host.kill('SIGTERM'), 0)
  },
)

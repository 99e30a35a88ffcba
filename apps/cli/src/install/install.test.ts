import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { installSystem } from './install.ts'
import { SYSTEM } from './places.ts'
import { parseInstallRecord } from './record.ts'
import { runningAgent } from './running-agent.ts'
import { uninstallSystem } from './uninstall.ts'
import { renderUnit } from './unit.ts'

const EXECUTABLE = 'not really an agent'
const AGENT = {
  hostName: 'test',
  ring: 'canary',
  pack: 'linux-baseline',
  beaconIntervalMs: 1_000,
  pollIntervalMs: 1_000,
  trialMs: 1_000,
}

/** A tree with files of others in it, as a system has. */
function systemTree(context: TestContext): { sysroot: string; executable: string } {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-system-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const sysroot = join(folder, 'root')
  mkdirSync(join(sysroot, 'etc/systemd/system'), { recursive: true })
  mkdirSync(join(sysroot, 'usr/lib'), { recursive: true })
  writeFileSync(join(sysroot, 'etc/systemd/system/other.service'), '[Unit]\n')
  writeFileSync(join(sysroot, 'usr/lib/other.so'), 'x', { mode: 0o755 })
  symlinkSync('../usr', join(sysroot, 'etc/usr'))
  writeFileSync(join(folder, 'agent'), EXECUTABLE)
  return { sysroot, executable: join(folder, 'agent') }
}

function install({ sysroot, executable }: { sysroot: string; executable: string }) {
  const operator = { url: 'http://192.0.2.1:1', operatorToken: '', enrolToken: 'secret' }
  return installSystem({ sysroot, executable, agent: AGENT, operator, root: Uint8Array.of(1) })
}

/** Every path with its kind, mode, owner and bytes. */
function snapshot(folder: string, at = ''): readonly string[] {
  return readdirSync(join(folder, at))
    .toSorted()
    .flatMap((name) => {
      const path = join(at, name)
      const full = join(folder, path)
      const { mode, uid, gid } = lstatSync(full)
      const about = `${path} ${mode.toString(8)} ${uid}:${gid}`
      if (lstatSync(full).isSymbolicLink()) return [`${about} -> ${readlinkSync(full)}`]
      if (lstatSync(full).isDirectory()) return [about, ...snapshot(folder, path)]
      return [`${about} ${readFileSync(full, 'latin1')}`]
    })
}

test('what is installed is root-only where it must be, starts early, and is gone without a trace', async (context) => {
  const tree = systemTree(context)
  const before = snapshot(tree.sysroot)
  await install(tree)
  const at = (path: string) => join(tree.sysroot, path)
  assert.equal(readFileSync(at(SYSTEM.executable), 'utf8'), EXECUTABLE)
  assert.equal(
    readFileSync(at(SYSTEM.enabled), 'utf8'),
    readFileSync(at(SYSTEM.unit), 'utf8'),
    'the link leads to the unit',
  )
  assert.equal(lstatSync(at(SYSTEM.data)).mode & 0o777, 0o700)
  const manifest = JSON.parse(readFileSync(at(`${SYSTEM.data}/manifest.json`), 'utf8')) as unknown
  assert.deepEqual(manifest, { files: [{ path: SYSTEM.executable, sha256: sha256Hex(Buffer.from(EXECUTABLE)) }] })
  const starter = JSON.parse(readFileSync(at(`${SYSTEM.data}/starter.json`), 'utf8')) as { imageDigest: string }
  assert.equal(sha256Hex(readFileSync(at(`${SYSTEM.data}/starter.fbi`))), starter.imageDigest)
  for (const name of readdirSync(at(SYSTEM.data))) {
    assert.equal(lstatSync(at(`${SYSTEM.data}/${name}`)).mode & 0o077, 0, name)
  }
  // What an agent leaves there while it runs, and after it was killed.
  mkdirSync(at(`${SYSTEM.data}/slots`))
  writeFileSync(at(`${SYSTEM.data}/slots/state.json`), '{}')
  symlinkSync('1 1', at(`${SYSTEM.data}/agent.lock`))
  const { kept } = await uninstallSystem(tree.sysroot)
  assert.deepEqual(kept, [])
  assert.deepEqual(snapshot(tree.sysroot), before)
})

test('what others put into our folders stays, and so do the folders', async (context) => {
  const tree = systemTree(context)
  await install(tree)
  const theirs = join(tree.sysroot, 'etc/systemd/system/sysinit.target.wants/other.service')
  writeFileSync(theirs, 'theirs')
  const { kept } = await uninstallSystem(tree.sysroot)
  assert.deepEqual(kept, ['/etc/systemd/system/sysinit.target.wants'])
  assert.equal(readFileSync(theirs, 'utf8'), 'theirs')
})

test('what is in the way is not replaced, and nothing was written when that is said', async (context) => {
  for (const path of [SYSTEM.executable, SYSTEM.unit, SYSTEM.enabled, `${SYSTEM.data}/agent.json`]) {
    const tree = systemTree(context)
    mkdirSync(join(tree.sysroot, path, '..'), { recursive: true })
    writeFileSync(join(tree.sysroot, path), 'theirs')
    const before = snapshot(tree.sysroot)
    await assert.rejects(install(tree), { code: 'cli/usage' }, path)
    assert.deepEqual(snapshot(tree.sysroot), before, path)
  }
  const tree = systemTree(context)
  await install(tree)
  await assert.rejects(install(tree), { code: 'cli/usage' }, 'twice')
})

test('an installation that was interrupted anywhere is taken away again', async (context) => {
  const steps = [SYSTEM.executable, SYSTEM.unit, SYSTEM.enabled, `${SYSTEM.data}/manifest.json`]
  for (const step of steps) {
    const tree = systemTree(context)
    const before = snapshot(tree.sysroot)
    await install(tree)
    for (const later of steps.slice(steps.indexOf(step))) rmSync(join(tree.sysroot, later)) // as if it had ended before
    await uninstallSystem(tree.sysroot)
    assert.deepEqual(snapshot(tree.sysroot), before, step)
  }
  const tree = systemTree(context)
  const before = snapshot(tree.sysroot)
  await assert.rejects(install({ ...tree, executable: '/nonexistent' }), { code: 'durable/fault' })
  await uninstallSystem(tree.sysroot)
  assert.deepEqual(snapshot(tree.sysroot), before, 'no executable')
})

test('nothing installed, a record that was changed, or an agent that runs: nothing is removed', async (context) => {
  const tree = systemTree(context)
  await assert.rejects(uninstallSystem(tree.sysroot), { code: 'cli/usage' })
  await install(tree)
  const record = join(tree.sysroot, SYSTEM.data, 'install.json')
  const good = readFileSync(record, 'utf8')
  for (const path of ['/etc/../usr', '/..', 'etc', '/etc/', '//etc', '/etc/./x', '']) {
    writeFileSync(record, JSON.stringify({ format: 1, made: [{ kind: 'file', path }] }))
    await assert.rejects(uninstallSystem(tree.sysroot), { code: 'kernel/malformed' }, path)
  }
  writeFileSync(record, good)
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  symlinkSync(`${process.pid} ${start}`, join(tree.sysroot, SYSTEM.data, 'agent.lock'))
  const before = snapshot(tree.sysroot)
  await assert.rejects(uninstallSystem(tree.sysroot), { code: 'cli/usage', message: /stop it first/ })
  assert.deepEqual(snapshot(tree.sysroot), before)
  assert.ok(parseInstallRecord(Buffer.from(good)).made.length > 3)
})

test('a lock is held by the very process that took it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-lock-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn('sleep', ['60'])
  context.after(() => child.kill())
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  symlinkSync(`${child.pid} ${start}`, join(folder, 'held'))
  symlinkSync(`${child.pid} 1`, join(folder, 'recycled'))
  symlinkSync('../nonsense', join(folder, 'nonsense'))
  assert.equal(await runningAgent(join(folder, 'held')), child.pid)
  for (const name of ['recycled', 'nonsense', 'missing'])
    assert.equal(await runningAgent(join(folder, name)), null, name)
  child.kill()
  await once(child, 'exit')
  assert.equal(await runningAgent(join(folder, 'held')), null)
})

test('the unit may talk to a server that is named by address, and to nobody else', async () => {
  const rows = [
    ['https://192.0.2.7:8443', /^IPAddressDeny=any\nIPAddressAllow=192\.0\.2\.7$/m],
    ['https://[2001:db8::1]', /^IPAddressDeny=any\nIPAddressAllow=2001:db8::1$/m],
  ] as const
  for (const [url, expected] of rows) assert.match(await renderUnit(url), expected, url)
  const named = await renderUnit('https://firebreak.example')
  assert.doesNotMatch(named, /IPAddress|@[A-Z]+@/)
})

/** Tenths, as systemd 252 counts them. Anything that lets more in has to be argued for here and in docs/anti-tamper.md. */
const EXPOSURE_MAX = 36

test('systemd understands the unit, and its exposure is what the documents say', async (context) => {
  const version = spawnVersion()
  if (version === null) return context.skip('systemd-analyze is not installed')
  const tree = systemTree(context)
  await install(tree)
  const unit = join(tree.sysroot, 'firebreak-agent.service') // verified as a file: the paths within are not this machine's
  writeFileSync(unit, (await renderUnit('https://firebreak.example')).replaceAll(SYSTEM.executable, process.execPath))
  chmodSync(unit, 0o644)
  execFileSync('systemd-analyze', ['verify', '--man=no', unit], { stdio: ['ignore', 'ignore', 'inherit'] })
  const arguments_ = ['security', '--offline=yes', '--no-pager', `--threshold=${EXPOSURE_MAX}`, unit]
  const said = execFileSync('systemd-analyze', arguments_, { encoding: 'utf8' })
  context.diagnostic(`${version}: ${/Overall exposure level.*: (\d+\.\d)/.exec(said)?.[1]}`)
  assert.ok(existsSync(unit))
})

function spawnVersion(): string | null {
  try {
    return execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? ''
  } catch {
    return null
  }
}

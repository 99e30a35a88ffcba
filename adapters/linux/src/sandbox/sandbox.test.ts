import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { NOBODY, type EngineConfinement } from './confine.ts'
import { LAUNCHER_EXIT_CODE, type SandboxReport } from './launch-spec.ts'
import { describeSandbox, probeSandbox } from './probe.ts'
import { type ConfinedProcess, spawnConfined, type SpawnConfinedOptions } from './spawn.ts'
import type { Outcomes } from './testing/attempts.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')
const TESTING = path.join(import.meta.dirname, 'testing')
const NEWLINE = 10
const support = probeSandbox()
const skip = support.tier === 'none' || support.landlockAbi < 6 ? describeSandbox(support) : false
const skipUnlessRoot = support.tier === 'full' ? skip : 'needs root'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'firebreak-sandbox-'))
const started: ConfinedProcess[] = []
after(() => {
  for (const each of started) each.kill() // only after a failure is there anything left to end
  fs.rmSync(folder, { recursive: true })
})

function confined(entry: string, options: Partial<SpawnConfinedOptions> = {}): ConfinedProcess {
  const child = spawnConfined({
    profile: 'engine',
    entry: path.join(TESTING, entry),
    args: [],
    readFolders: [REPOSITORY],
    writeFolders: [],
    connectPorts: [],
    ...options,
  })
  started.push(child)
  return child
}

async function firstLine(stream: Readable): Promise<string> {
  const lines = createInterface({ input: stream })
  const [line] = (await once(lines, 'line')) as [string]
  return line
}

test('the engine holds no descriptor of a file', { skip: skipUnlessRoot }, async () => {
  const engine = confined('echo-engine.ts', { stderr: 'pipe' })
  await firstLine(engine.output)
  const held = fs.readdirSync(`/proc/${engine.pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${engine.pid}/fd/${fd}`))
  for (const one of held) assert.match(one, /^(\/dev\/null|pipe:|socket:|anon_inode:)/)
  engine.kill()
  await engine.exited
})

test('every thread of the engine is nobody, without capabilities, filtered', { skip: skipUnlessRoot }, async () => {
  const engine = confined('echo-engine.ts')
  await firstLine(engine.output)
  const threads = fs.readdirSync(`/proc/${engine.pid}/task`)
  assert.ok(threads.length > 1)
  for (const thread of threads) {
    const status = fs.readFileSync(`/proc/${engine.pid}/task/${thread}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? ''
    assert.equal(field('Uid'), [NOBODY, NOBODY, NOBODY, NOBODY].join('\t'))
    assert.equal(field('Gid'), [NOBODY, NOBODY, NOBODY, NOBODY].join('\t'))
    assert.equal(field('Groups').trim(), '')
    assert.equal(BigInt(`0x${field('CapEff')}`) | BigInt(`0x${field('CapPrm')}`), 0n)
    assert.equal(field('NoNewPrivs'), '1')
    assert.equal(field('Seccomp'), '2')
  }
  assert.equal(fs.readFileSync(`/proc/${engine.pid}/oom_score_adj`, 'utf8').trim(), '900')
  engine.kill()
  assert.deepEqual(await engine.exited, { code: null, signal: 'SIGKILL' })
})

test('the engine dies with its parent', { skip }, async () => {
  const supervisor = spawn(
    process.execPath,
    [path.join(TESTING, 'supervisor.ts'), path.join(TESTING, 'echo-engine.ts'), REPOSITORY, 'hold'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  await firstLine(supervisor.stdout)
  supervisor.kill('SIGKILL')
  // The engine holds the same standard error: it ends when both are gone.
  assert.equal(await text(supervisor.stderr), '')
})

test('10 MB pass both ways, with a reader that comes late', { skip }, async () => {
  const engine = confined('echo-engine.ts')
  const bytes = randomBytes(10_000_000)
  const written = new Promise<void>((resolve) => engine.input.end(bytes, resolve))
  const hash = createHash('sha256')
  let seen = 0
  let header = true
  for await (const chunk of engine.output as AsyncIterable<Uint8Array>) {
    const body = header ? chunk.subarray(chunk.indexOf(NEWLINE) + 1) : chunk
    header = false
    seen += body.length
    hash.update(body)
  }
  await written
  assert.equal(seen, bytes.length)
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'))
  assert.deepEqual(await engine.exited, { code: 0, signal: null })
})

test('an engine that eats memory ends by itself', { skip }, async () => {
  const engine = confined('echo-engine.ts', { args: ['bomb'], memoryBytesMax: 64 * 1024 * 1024, stderr: 'ignore' })
  engine.output.resume()
  const end = await engine.exited
  assert.notEqual(end.code, 0)
})

test('the fetcher has its folder and its server, and nothing else', { skip }, async (context) => {
  const servers = [net.createServer(), net.createServer()]
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening')
      context.after(() => server.close())
      return (server.address() as net.AddressInfo).port
    }),
  )
  const own = fs.mkdtempSync(path.join(folder, 'own-'))
  const foreign = fs.mkdtempSync(path.join(folder, 'foreign-'))
  fs.writeFileSync(path.join(foreign, 'secret'), 'x')
  const fetcher = confined('hostile-fetcher.ts', {
    profile: 'fetcher',
    args: [own, foreign, ...ports.map(String)],
    writeFolders: [own],
    connectPorts: ports.slice(0, 1),
  })
  const { report, outcomes } = JSON.parse(await text(fetcher.output)) as { report: SandboxReport; outcomes: Outcomes }
  assert.deepEqual(report.missing, [])
  assert.deepEqual(outcomes, {
    'write and rename in its folder': 'allowed',
    'make a folder in its folder': 'allowed',
    'connect to the server': 'allowed',
    'resolve a name': 'allowed',
    'write elsewhere': 'EACCES',
    'read elsewhere': 'EACCES',
    'read the password file': 'EACCES',
    'move a file out of its folder': 'EACCES',
    'plant a link': 'EACCES',
    'change a foreign mode': 'EPERM',
    'connect to another port': 'EACCES',
    'connect with the first packet': 'errno 1',
    'multipath TCP': 'errno 1',
    SCTP: 'errno 1',
    'unix socket': 'errno 1',
    'packet socket': 'errno 1',
    listen: 'EACCES', // Landlock refuses the bind before it
    spawn: 'EPERM',
    'signal its parent': 'EPERM',
    'signal a thread of its parent': 'errno 1',
    ptrace: 'errno 1',
    memfd_create: 'errno 1',
    bpf: 'errno 1',
    unshare: 'errno 1',
  })
})

const READING = ['read a process', 'read the program of another process', 'read the users']

test('the exec gate may hold who starts a program, and change nothing', { skip }, async () => {
  const foreign = fs.mkdtempSync(path.join(folder, 'foreign-'))
  fs.writeFileSync(path.join(foreign, 'secret'), 'x')
  const gate = confined('hostile-sensor.ts', { profile: 'exec-gate', args: [foreign] })
  const { outcomes } = JSON.parse(await text(gate.output)) as { outcomes: Outcomes }
  const root = process.geteuid?.() === 0
  const holding = root ? ['a group that holds callers', 'a group that holds callers before content'] : []
  const allowed = Object.keys(outcomes).filter((name) => outcomes[name] === 'allowed')
  assert.deepEqual(allowed, [...READING, 'a group that only tells', ...holding])
  assert.deepEqual(fs.readdirSync(foreign), ['secret'])
})

test('the sensor reads other processes and changes nothing', { skip }, async () => {
  const foreign = fs.mkdtempSync(path.join(folder, 'foreign-'))
  fs.writeFileSync(path.join(foreign, 'secret'), 'x')
  const sensor = confined('hostile-sensor.ts', { profile: 'sensor', args: [foreign] })
  const { report, outcomes } = JSON.parse(await text(sensor.output)) as { report: SandboxReport; outcomes: Outcomes }
  assert.ok(report.active.includes('seccomp'))
  assert.deepEqual(
    report.missing.map(({ layer }) => layer),
    ['landlock', 'landlock-network'],
  )
  const allowed = Object.keys(outcomes).filter((name) => outcomes[name] === 'allowed')
  assert.deepEqual(allowed, [...READING, 'netlink socket', 'a group that only tells'])
  for (const [name, outcome] of Object.entries(outcomes)) {
    if (!allowed.includes(name)) assert.match(outcome, /^(EPERM|errno 1)$/, name)
  }
  assert.deepEqual(fs.readdirSync(foreign), ['secret'])
})

test('a sealed sensor asks its programs, and loads no other, on any thread', { skip }, async () => {
  const sensor = confined('sealed-sensor.ts', { profile: 'sensor', memoryBytesMax: 1024 * 1024 * 1024 })
  const { sealed, outcomes, onThread } = JSON.parse(await text(sensor.output)) as {
    sealed: boolean
    outcomes: Outcomes
    onThread: Outcomes
  }
  assert.equal(sealed, true)
  for (const seen of [outcomes, onThread]) {
    const { 'ask for a counter': asked, ...others } = seen
    if (support.tier === 'full') assert.notEqual(asked, 'errno 1') // no such map: it was the kernel that answered
    assert.deepEqual(new Set(Object.values(others)), new Set(['errno 1']))
  }
})

test('a layer that is required and missing ends the launch with a reason', { skip }, async () => {
  const sensor = confined('hostile-sensor.ts', { profile: 'sensor', require: ['landlock'], stderr: 'pipe' })
  assert.match(
    await text(sensor.stderr ?? sensor.output),
    /^Cannot start confined: no landlock \(not part of this profile\)\n$/,
  )
  assert.deepEqual(await sensor.exited, { code: LAUNCHER_EXIT_CODE, signal: null })
})

test('an entry that does not exist is one sentence and an exit code', { skip }, async () => {
  const engine = confined('no-such-entry.ts', { stderr: 'pipe' })
  assert.match(await text(engine.stderr ?? engine.output), /^Cannot start confined: ENOENT.*no-such-entry\.ts'\n$/)
  assert.deepEqual(await engine.exited, { code: LAUNCHER_EXIT_CODE, signal: null })
})

test('a relative entry is refused', () => {
  assert.throws(() => confined('', { entry: 'engine.ts' }), { code: 'linux/spawn-failed' })
})

test('nothing of the environment gets in but what is given', { skip }, async (context) => {
  const planted = {
    NODE_OPTIONS: '--throw-deprecation',
    LD_PRELOAD: '/nonexistent.so',
    NODE_COMPILE_CACHE: path.join(folder, 'cache'),
  }
  for (const [name, value] of Object.entries(planted)) process.env[name] = value
  context.after(() => {
    for (const name of Object.keys(planted)) delete process.env[name]
  })
  const engine = confined('echo-engine.ts', { env: { GIVEN: 'yes' }, stderr: 'pipe' })
  const confinement = JSON.parse(await firstLine(engine.output)) as EngineConfinement
  assert.equal(confinement.seccomp, true)
  const names = environmentNames(engine.pid)
  engine.input.end()
  assert.deepEqual(await engine.exited, { code: 0, signal: null })
  // Each has its own cache: what one may write, no other runs.
  assert.deepEqual(fs.readdirSync(path.join(folder, 'cache')).toSorted(), ['engine', 'launcher'])
  for (const name of ['engine', 'launcher']) assert.ok(fs.readdirSync(path.join(folder, 'cache', name)).length > 0)
  if (names === null) return // its memory is closed to us, too
  assert.deepEqual(names, [
    'FIREBREAK_SANDBOX',
    'GIVEN',
    'MALLOC_ARENA_MAX',
    'MALLOC_MMAP_THRESHOLD_',
    'NODE_COMPILE_CACHE',
    'NODE_NO_WARNINGS',
    'OPENSSL_CONF',
    'TZ',
  ])
})

function environmentNames(pid: number): string[] | null {
  try {
    const entries = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return entries.flatMap((entry) => (entry === '' ? [] : [entry.split('=', 1)[0] ?? ''])).toSorted()
  } catch {
    return null
  }
}

test('one sentence says what there is', () => {
  const sentences = [
    [
      { landlockAbi: 7, seccomp: true, uidDrop: true, tier: 'full' },
      /^Full sandbox: seccomp, Landlock ABI 7, .* nobody\.$/,
    ],
    [{ landlockAbi: 0, seccomp: true, uidDrop: false, tier: 'user' }, /^Partial sandbox: .*no Landlock.*needs root/],
    [{ landlockAbi: 0, seccomp: false, uidDrop: false, tier: 'none' }, /^No sandbox: /],
  ] as const
  for (const [given, sentence] of sentences) assert.match(describeSandbox(given), sentence)
})

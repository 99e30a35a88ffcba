import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { NOBODY, type EngineConfinement } from './confine.ts'
import { describeSandbox, probeSandbox } from './probe.ts'
import { type ConfinedProcess, spawnConfined, type SpawnConfinedOptions } from './spawn.ts'
import type { SyscallName } from './syscall-numbers.ts'
import type { Outcomes } from './testing/attempts.ts'
import { kernelAttempts } from './testing/kernel-attempts.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')
const TESTING = path.join(import.meta.dirname, 'testing')
const support = probeSandbox()
const skip = support.tier === 'none' || support.landlockAbi < 6 ? describeSandbox(support) : false
const skipUnlessRoot = support.tier === 'full' ? skip : 'needs root'
/** A second V8 reserves as much as the first; in the engine's own limits there is no room for one. */
const WITH_A_THREAD_BYTES = 1024 * 1024 * 1024
/** ENOSYS: libc then falls back to an older call. */
const LOOKS_ABSENT = new Set(['clone3', 'a call that nobody knew then'])

const started: ConfinedProcess[] = []
after(() => {
  for (const each of started) each.kill() // only after a failure is there anything left to end
})

/** The hostile engine; with a call that its second stage lets through, or as it should be. */
function hostileEngine(...hole: readonly SyscallName[]): ConfinedProcess {
  const options: SpawnConfinedOptions = {
    profile: 'engine',
    entry: path.join(TESTING, 'hostile-engine.ts'),
    args: hole,
    readFolders: [REPOSITORY],
    writeFolders: [],
    connectPorts: [],
    memoryBytesMax: WITH_A_THREAD_BYTES,
  }
  const child = spawnConfined(options)
  started.push(child)
  child.input.end()
  return child
}

interface EngineProbe {
  readonly confinement: EngineConfinement | null
  readonly outcomes: Outcomes
  /** Of a thread that was there before the second stage. */
  readonly outcomesOfWorker: Outcomes
  readonly work: Readonly<Record<string, unknown>>
}

/** What each escape by way of Node gets (testing/hostile-engine.ts). */
const NODE_REFUSALS: Outcomes = {
  'open a file': 'EPERM',
  'open a file on a pool thread': 'EPERM',
  'open a file with a callback': 'EPERM',
  'open its own code': 'EPERM',
  'write beside its own code': 'EPERM',
  'list a folder': 'EPERM',
  'make a folder': 'EPERM',
  'look at a file': 'EPERM',
  'follow a link': 'EPERM',
  'change a mode': 'EPERM',
  'open a database': 'sqlite 14', // SQLITE_CANTOPEN
  'connect by TCP': 'EPERM',
  'listen on TCP': 'EPERM',
  'send by UDP': 'EPERM',
  'spawn a program': 'EPERM',
  'read a file in a worker': 'ERR_WORKER_INIT_FAILED',
  'signal its parent': 'EPERM',
  'become root': 'EPERM',
  'load a library': 'ERR_FFI_CALL_FAILED',
  'load an addon': 'ERR_DLOPEN_DISABLED',
  'code from a string': 'Code generation from strings disallowed for this context',
}

/** And each by system call (testing/kernel-attempts.ts): 1 is EPERM, 38 ENOSYS; the sandbox never answers by a crash. */
const KERNEL_REFUSALS: Outcomes = Object.fromEntries(
  Object.keys(kernelAttempts(process.pid)).map((name) => [name, LOOKS_ABSENT.has(name) ? 'errno 38' : 'errno 1']),
)
const THREAD_REFUSALS = { ...pick(NODE_REFUSALS, 'open a file', 'open a file on a pool thread'), ...KERNEL_REFUSALS }
/** So that none is lost unseen. */
const REFUSALS_MIN = 130

const ORDINARY_WORK = {
  kept: 10_001,
  sum: 52_816,
  clock: true,
  digest: 'ba7816bf',
  threads: 'answered',
  webAssembly: 42,
  pid: true,
}

function pick(outcomes: Outcomes, ...names: readonly string[]): Outcomes {
  return Object.fromEntries(names.map((name) => [name, outcomes[name] ?? '']))
}

function assertEngineHolds(probe: EngineProbe): void {
  assert.deepEqual(probe.outcomes, { ...NODE_REFUSALS, ...KERNEL_REFUSALS })
  assert.deepEqual(probe.outcomesOfWorker, THREAD_REFUSALS)
  assert.ok(Object.keys(probe.outcomes).length >= REFUSALS_MIN)
  assert.deepEqual(probe.work, ORDINARY_WORK)
  assert.equal(probe.confinement?.seccomp, true)
  assert.deepEqual(probe.confinement.launch?.missing, [])
}

test('a hostile engine gets nowhere, and its work goes on', { skip }, async () => {
  const engine = hostileEngine()
  const probe = JSON.parse(await text(engine.output)) as EngineProbe
  assertEngineHolds(probe)
  assert.equal(probe.confinement?.uidDropped, support.uidDrop)
  assert.deepEqual(await engine.exited, { code: 0, signal: null })
  assert.equal(fs.existsSync(path.join(TESTING, 'planted')), false)
})

/** Holes in the second stage, each with what comes through then; behind the last one the first stage still stands. */
const HOLES: readonly (readonly [call: SyscallName, through: readonly string[]])[] = [
  ['openat', ['open its own code', 'open its own program', 'read its own memory as a file']],
  ['dup', ['double a descriptor']],
  ['mmap', ['memory that nobody counts']],
  ['socket', []],
]

for (const [call, through] of HOLES) {
  test(`a hole for ${call} is seen, on every thread`, { skip }, async () => {
    const engine = hostileEngine(call)
    const { outcomes, outcomesOfWorker } = JSON.parse(await text(engine.output)) as EngineProbe
    const allowed = (of: Outcomes): readonly string[] => Object.keys(of).filter((name) => of[name] === 'allowed')
    assert.deepEqual(allowed(outcomes), through)
    assert.deepEqual(
      allowed(outcomesOfWorker),
      through.filter((name) => name in THREAD_REFUSALS),
    )
  })
}

/** Nobody has to get through every folder down to the copy. */
function closedFolder(): string | false {
  for (let folder = os.tmpdir(); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o001) === 0)
      return `the folder for temporary files is closed to others at ${folder}`
  }
  return false
}

test('the same holds when an ordinary user starts it', { skip: skipUnlessRoot || closedFolder() }, async (context) => {
  const copy = copyForEveryone(context)
  const testing = path.join(copy, path.relative(REPOSITORY, TESTING))
  const supervisor = spawn(
    process.execPath,
    [path.join(testing, 'supervisor.ts'), path.join(testing, 'hostile-engine.ts'), copy],
    { uid: NOBODY, gid: NOBODY, cwd: '/', env: { NODE_NO_WARNINGS: '1' }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  supervisor.on('error', () => {}) // no output then, which fails below
  const probe = JSON.parse(await text(supervisor.stdout)) as EngineProbe
  assertEngineHolds(probe)
  assert.equal(probe.confinement?.uidDropped, false)
  assert.ok((probe.confinement?.landlockAbi ?? 0) > 0)
})

/** A checkout can lie in a folder that is closed to others; so can this one. */
function copyForEveryone(context: TestContext): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'firebreak-sandbox-copy-'))
  context.after(() => fs.rmSync(copy, { recursive: true }))
  fs.chmodSync(copy, 0o755)
  for (const part of ['core/kernel', 'adapters/linux/src', 'adapters/linux/package.json', 'package.json']) {
    fs.cpSync(path.join(REPOSITORY, part), path.join(copy, part), { recursive: true })
  }
  fs.mkdirSync(path.join(copy, 'node_modules/@firebreak'), { recursive: true })
  fs.symlinkSync('../../core/kernel', path.join(copy, 'node_modules/@firebreak/kernel'))
  return copy
}

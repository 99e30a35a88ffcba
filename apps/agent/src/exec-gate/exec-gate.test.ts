import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { after, afterEach, test } from 'node:test'
import { decodeArguments } from '@firebreak/linux/exec-gate'
import type { GateSettings } from '../gate-settings.ts'
import { type Denial, ExecGateProcess } from '../supervisor/exec-gate-process.ts'

const skip = process.platform !== 'linux' || process.geteuid?.() !== 0 ? 'needs root on Linux' : false

/** A file system of its own: nobody else's programs are held. */
const top = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'firebreak-gate-')))
const table = `${top}.denied`
const [good, bad] = [`${top}/good`, `${top}/bad`]
if (skip === false) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', top])
  fs.copyFileSync('/bin/true', good)
  fs.copyFileSync('/bin/true', bad)
  fs.appendFileSync(bad, 'bad')
  fs.writeFileSync(table, `# known to be bad\n${sha256(bad)}  bad\n`)
}
after(() => {
  if (skip === false) execFileSync('umount', [top])
  fs.rmSync(table, { force: true })
  fs.rmdirSync(top)
})

const gates: ExecGateProcess[] = []
afterEach(() => Promise.all(gates.splice(0).map((gate) => gate.stop())))

interface Gate {
  readonly gate: ExecGateProcess
  readonly denials: Denial[]
  readonly faults: string[]
  readonly argumentBatches: Uint8Array[]
}

async function start(settings: Partial<GateSettings>): Promise<Gate> {
  const [denials, faults, argumentBatches]: [Denial[], string[], Uint8Array[]] = [[], [], []]
  const denied = { kind: 'denied', path: table } as const
  const gate = new ExecGateProcess(
    { mounts: [top], table: denied, ...settings },
    {
      onDenied: (denial) => denials.push(denial),
      onArguments: (payload) => argumentBatches.push(payload),
      onFault: (code) => faults.push(code),
    },
  )
  gates.push(gate)
  await until(() => gate.report.state !== 'starting')
  return { gate, denials, faults, argumentBatches }
}

/** Runs a program on the watched file system, by way of a shell that is not: its own start would keep us from looking. */
async function run(program: string, ...args: readonly string[]): Promise<number | null> {
  const shell = spawn('/bin/sh', ['-c', '"$0" "$@"', program, ...args], { stdio: 'ignore' })
  const [code] = (await once(shell, 'exit')) as [number | null]
  return code
}

const NOT_PERMITTED = 126 // as a shell says it

test('what is listed may not start, and is reported; all else may', { skip }, async () => {
  const { gate, denials } = await start({})
  assert.deepEqual(
    [await run(good), await run(bad), await run(good), await run(bad)],
    [0, NOT_PERMITTED, 0, NOT_PERMITTED],
  )
  await until(() => denials.length === 2)
  assert.deepEqual(
    denials.map(({ path: where, sha256: digest }) => [where, digest]),
    [
      [bad, sha256(bad)],
      [bad, sha256(bad)],
    ],
  )
  await until(() => gate.report.counters?.denied === 2)
  assert.equal(gate.report.counters?.allowed, 2)
})

test('with a table of what may start, nothing else does', { skip }, async () => {
  await start({ table: { kind: 'allowed', path: table } })
  assert.deepEqual([await run(good), await run(bad)], [NOT_PERMITTED, 0])
})

test(
  'a verdict is about the bytes: it does not outlive them, and a copy or a link is no way out',
  { skip },
  async () => {
    await start({})
    const file = `${top}/file`
    fs.copyFileSync(good, file)
    assert.equal(await run(file), 0)
    fs.copyFileSync(bad, file)
    assert.equal(await run(file), NOT_PERMITTED)
    fs.linkSync(file, `${top}/link`)
    assert.equal(await run(`${top}/link`), NOT_PERMITTED)
    fs.renameSync(good, `${top}/kept`)
    fs.renameSync(file, good)
    assert.equal(await run(good), NOT_PERMITTED)
    fs.renameSync(`${top}/kept`, good)
    assert.equal(await run(good), 0)
  },
)

test('a gate that is stopped is ended, and whom it held goes on; another follows', { skip }, async () => {
  const { gate, faults } = await start({})
  const before = gate.pid ?? 0
  process.kill(before, 'SIGSTOP')
  assert.equal(await run(bad), 0, 'fail-open')
  assert.deepEqual([faults, gate.report.stalls], [['gate/stalled'], 1])
  await until(() => gate.report.state === 'running' && gate.pid !== before)
  assert.equal(await run(bad), NOT_PERMITTED)
})

test('a gate that is killed while it holds somebody lets them go', { skip }, async () => {
  const { gate } = await start({})
  const pid = gate.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  const started = run(bad)
  process.kill(pid, 'SIGKILL')
  assert.equal(await started, 0)
})

test('no gate, no holding: after it has ended everything starts', { skip }, async () => {
  const { gate } = await start({})
  assert.equal(await run(bad), NOT_PERMITTED)
  await gate.stop()
  assert.equal(await run(bad), 0)
})

test('arguments are read while the caller waits, of programs that are gone at once', { skip }, async () => {
  const { argumentBatches } = await start({ table: null })
  for (let i = 0; i < 20; i++) assert.equal(await run(good, `${i}`, 'a b', '\u00e9', ''), 0)
  const seen = () => argumentBatches.flatMap((batch) => decodeArguments(batch))
  await until(() => seen().length >= 20)
  const expected = Array.from({ length: 20 }, (_, i) =>
    Buffer.from(`${good}\0${i}\0a b\0\u00e9\0\0`).toString('latin1'),
  )
  assert.deepEqual(
    seen().map(({ argv }) => argv),
    expected,
  )
})

/** What is wrong with the configuration, and the code of the refusal. */
const REFUSED: readonly (readonly [string, Partial<GateSettings>, string])[] = [
  ['a table that is none', { table: { kind: 'denied', path: '/etc/passwd' } }, 'gate/bad-table'],
  ['a mount point that is none', { mounts: ['/nowhere'] }, 'linux/fanotify-unavailable'],
]

for (const [what, settings, code] of REFUSED) {
  test(`refused, once and with one reason: ${what}`, { skip }, async () => {
    const { gate, faults } = await start(settings)
    await until(() => faults.length > 0)
    assert.deepEqual([faults, gate.report.state], [[code], 'refused'])
  })
}

function sha256(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

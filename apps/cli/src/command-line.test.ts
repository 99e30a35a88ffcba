import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bashCompletion } from './completion.ts'
import { lastJson, runCli, temporaryFolder } from './cli.fixture.ts'
import { STARTER_PACK } from './places.ts'
import { program } from './program.ts'

const COMMANDS = [
  'up',
  'drill',
  'test',
  'check',
  'gate',
  'release',
  'scan',
  'watch',
  'status',
  'halt',
  'recall',
  'agent',
  'server',
  'bench',
  'fuzz',
  'import',
  'sim',
]

describe('the command line', () => {
  test('knows every command, each with help and, where it ends, --json', () => {
    const commands = program().commands
    for (const name of COMMANDS) {
      const command = commands.find((one) => one.name() === name)
      assert.ok(command, name)
      assert.notEqual(command.description(), '', name)
      const leaves = command.commands.length > 0 ? command.commands : [command]
      for (const leaf of leaves.filter((one) => one.name() !== 'run')) {
        assert.ok(
          leaf.options.some(({ long }) => long === '--json'),
          `${name} ${leaf.name()}`,
        )
      }
    }
  })

  test('help is on standard output and exits with 0', async (t) => {
    const ended = await runCli(['up', '--help'], temporaryFolder(t))
    assert.equal(ended.code, 0)
    assert.match(ended.stdout, /--once/)
  })

  const misuse: readonly (readonly string[])[] = [
    ['nonsense'],
    ['up', '--nonsense'],
    ['up', '--port', '70000'],
    ['check'],
    ['recall', 'linux-baseline', '1.0.0'],
    ['status'],
    ['bench', 'nonsense'],
    ['fuzz', 'nonsense'],
    ['fuzz', 'image', '--executions', 'x'],
    ['sim', 'nonsense'],
    ['sim', 'healthy', '--hosts', '0'],
  ]
  for (const args of misuse) {
    test(`wrong usage exits with 2: ${args.join(' ')}`, async (t) => {
      const ended = await runCli(args, temporaryFolder(t))
      assert.equal(ended.code, 2, ended.stderr)
      assert.notEqual(ended.stderr, '')
    })
  }

  test('completion is bash, and completes', (t) => {
    const script = join(temporaryFolder(t), 'completion')
    writeFileSync(script, bashCompletion(program()))
    const words = `source ${script}; COMP_WORDS=(firebreak up --o); COMP_CWORD=2; _firebreak; echo "\${COMPREPLY[*]}"`
    assert.equal(execFileSync('bash', ['-c', words], { encoding: 'utf8' }).trim(), '--once')
  })
})

describe('bad input', () => {
  test('a rule that does not parse: file, line, column, what was expected; exit 3', async (t) => {
    const pack = copyOfStarterPack(temporaryFolder(t))
    const rule = join(pack, 'rules', 'process_creation', 'firebreak-self-test.yml')
    writeFileSync(rule, readFileSync(rule, 'utf8').replace(/condition: .*/, 'condition: selection and and'))
    const ended = await runCli(['check', pack, '--json'], temporaryFolder(t))
    assert.equal(ended.code, 3)
    assert.match(
      ended.stderr,
      /rules\/process_creation\/firebreak-self-test\.yml:\d+:\d+: .*expected.*\[content\/condition\]/,
    )
    assert.equal(lastJson(ended)['code'], 'cli/refused')
  })

  test('a folder that is no pack', async (t) => {
    const folder = temporaryFolder(t)
    const ended = await runCli(['check', join(folder, 'nothing')], folder)
    assert.notEqual(ended.code, 0)
    assert.match(ended.stderr, /^Cannot /m)
    assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
  })

  test('a port in use: one sentence', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1')
    t.after(() => holder.close())
    await new Promise((resolve) => holder.once('listening', resolve))
    const { port } = holder.address() as { port: number }
    const folder = temporaryFolder(t)
    const ended = await runCli(['up', '--once', '--port', String(port)], folder)
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, new RegExp(`Cannot .*${port}.*in use`))
    assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
  })

  test('a state folder that can not be made: one sentence', async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'file'), '')
    const ended = await runCli(['up', '--once', '--state', join(folder, 'file', 'state')], folder)
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^Cannot /m)
    assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
  })
})

function copyOfStarterPack(folder: string): string {
  const pack = join(folder, 'pack')
  cpSync(STARTER_PACK, pack, { recursive: true })
  return pack
}

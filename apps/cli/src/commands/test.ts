import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { CliError } from '../errors.ts'
import { CODE_FOLDER } from '../places.ts'
import type { Screen } from '../screen.ts'

const BIN = join(CODE_FOLDER, 'node_modules', '.bin')
const TEST_FILES = ['core/*', 'adapters/*', 'apps/*', 'testing/*', 'tools'].map(
  (folder) => `${folder}/src/**/*.test.ts`,
)

/** Twice the CPUs: tests of agents wait for processes about half of their time. */
const TEST_FILES_AT_ONCE = 2 * availableParallelism()

/** What a commit has to pass: format, lint, types, tests. In this order, the quick ones first. */
const CHECKS: readonly { readonly name: string; readonly command: string; readonly args: readonly string[] }[] = [
  { name: 'format', command: join(BIN, 'oxfmt'), args: ['--check'] },
  { name: 'lint', command: join(BIN, 'oxlint'), args: ['--type-aware'] },
  { name: 'types of core, without Node', command: join(BIN, 'tsc'), args: ['-p', 'tsconfig.core.json'] },
  { name: 'types', command: join(BIN, 'tsc'), args: ['-p', 'tsconfig.json'] },
  {
    name: 'tests',
    command: process.execPath,
    args: ['--test', `--test-concurrency=${TEST_FILES_AT_ONCE}`, ...TEST_FILES],
  },
]

/** Runs every check to its end; fails when one of them does. */
export async function test(only: string | undefined, screen: Screen): Promise<void> {
  const failed: string[] = []
  const chosen = CHECKS.filter(({ name }) => only === undefined || name.startsWith(only))
  if (chosen.length === 0) {
    throw new CliError(
      'cli/usage',
      `Cannot test "${only}": the checks are ${CHECKS.map(({ name }) => name).join(', ')}`,
    )
  }
  for (const { name, command, args } of chosen) {
    screen.step(name)
    if (await run(command, args)) screen.done()
    else failed.push(name)
  }
  if (failed.length > 0) throw new CliError('cli/service', `Cannot pass: ${failed.join(', ')} failed, as shown above`)
  screen.result({ ok: true, checks: chosen.map(({ name }) => name) }, ['all checks passed'])
}

function run(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { cwd: CODE_FOLDER, stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}

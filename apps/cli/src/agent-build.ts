import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { sha256Hex } from '@firebreak/crypto'
import { errorMessage, type Sha256Hex } from '@firebreak/kernel'
import { rolldown } from 'rolldown'
import { CliError } from './errors.ts'
import { compileStarter } from './install/starter.ts'
import { ENTRY } from './places.ts'
import type { Screen } from './screen.ts'

/** The agent's own flags; NODE_OPTIONS of whoever starts it has no say. */
const NODE_FLAGS = ['--no-warnings', '--disable-sigusr1', '--max-semi-space-size=1']
/** Loads WebAssembly from a package beside it: it serves `firebreak yara scan`, which is no part of a host's agent. */
const NOT_ON_HOSTS = /\/yara\//

export interface BuiltAgent {
  readonly file: string
  readonly sizeBytes: number
  readonly sha256: Sha256Hex
  readonly node: string
}

/**
 * Writes the agent, this very Node.js and the starter image to one executable file: it runs where there is no Node.js. It is made of
 * the running Node.js and so for the same system and processor.
 *
 * @param out - replaced if it is there
 * @throws CliError cli/build
 * @see nodejs.org/api/single-executable-applications.html
 */
export async function buildAgent(out: string, screen: Screen): Promise<BuiltAgent> {
  const folder = await mkdtemp(join(dirname(resolve(out)), '.firebreak-build-')).catch((cause: unknown) => {
    throw new CliError('cli/build', `Cannot build the agent: ${dirname(resolve(out))} is not writable`, {}, cause)
  })
  try {
    screen.step('Bundling the agent')
    const main = await bundle(folder)
    const assets = await writeAssets(folder)
    screen.done()
    screen.step('Making one executable file of it')
    const executable = await strippedNode(folder, screen)
    await run(process.execPath, ['--build-sea', await writeSeaConfig(folder, { main, assets, executable, out })])
    screen.done()
    const bytes = await readFile(out)
    return { file: resolve(out), sizeBytes: bytes.length, sha256: sha256Hex(bytes), node: process.version }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bundle(folder: string): Promise<string> {
  const file = join(folder, 'agent.mjs')
  try {
    const built = await rolldown({ input: ENTRY.singleFileAgent, platform: 'node', external: [/^node:/, NOT_ON_HOSTS] })
    await built.write({ file, format: 'esm', codeSplitting: false })
    await built.close()
  } catch (cause) {
    throw new CliError('cli/build', `Cannot build the agent: ${errorMessage(cause)}`, {}, cause)
  }
  return file
}

/** The starter image: the agent runs it when nothing else is left to run. */
async function writeAssets(folder: string): Promise<Readonly<Record<string, string>>> {
  const assets: Record<string, string> = {}
  for (const [name, bytes] of Object.entries(await compileStarter())) {
    assets[name] = join(folder, name)
    await writeFile(join(folder, name), bytes)
  }
  return assets
}

/** Symbols are a quarter of it. They must go before the blob comes in: afterwards the file would not start. */
async function strippedNode(folder: string, screen: Screen): Promise<string> {
  const copy = join(folder, 'node')
  await copyFile(process.execPath, copy)
  await run('strip', [copy]).catch(() => screen.note('strip is not installed: the file keeps its symbols (33 MB)'))
  return copy
}

interface SeaParts {
  readonly main: string
  readonly assets: Readonly<Record<string, string>>
  readonly executable: string
  readonly out: string
}

async function writeSeaConfig(folder: string, { main, assets, executable, out }: SeaParts): Promise<string> {
  const path = join(folder, 'sea.json')
  const config = {
    main,
    mainFormat: 'module',
    executable,
    output: resolve(out),
    disableExperimentalSEAWarning: true,
    execArgv: NODE_FLAGS,
    // Further flags come as one argument from our own launcher, and the environment is not asked.
    execArgvExtension: 'cli',
    assets,
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((settle, reject) => {
    child.once('error', reject)
    child.once('close', settle)
  })
  if (code !== 0) throw new CliError('cli/build', `Cannot build the agent: ${said.trim().split('\n').at(-1)}`)
}

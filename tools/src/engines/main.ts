import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '@firebreak/kernel'
import {
  archivePath,
  ENGINES_FOLDER,
  indexPath,
  type KeptBuild,
  printBuildIndex,
  readBuildIndex,
} from '../../../apps/gate/src/engines/index.ts'
import { buildOfCommit } from './build-of-commit.ts'

const USAGE = `the engine builds that the gate runs, in engines/

  main.ts add --commit COMMIT [--tag TAG]   keeps the build of a commit of this checkout; the tag is made if it isn't there
  main.ts remove --version VERSION          no longer keeps it: no release is then tried in it
  main.ts list
`

async function add(commit: string, tag: string | undefined): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-engines-'))
  try {
    const { build, archive } = await buildOfCommit(commit, tag, folder)
    const kept = (await readBuildIndex().catch(() => [])).filter(({ version }) => version !== build.version)
    const engines = [...kept, build].toSorted((a, b) => (a.version < b.version ? -1 : 1))
    writeFileSync(archivePath(ENGINES_FOLDER, build), archive)
    writeIndex(engines)
    const known = execFileSync('git', ['tag', '--list', build.tag], { encoding: 'utf8' }).trim()
    if (known === '') execFileSync('git', ['tag', build.tag, build.commit])
    return `engine ${build.version} (${build.tag}, ${build.commit}): ${archive.length} bytes, ${build.digest}\n`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As the formatter of this repository wants it. */
function writeIndex(engines: readonly KeptBuild[]): void {
  writeFileSync(indexPath(ENGINES_FOLDER), printBuildIndex(engines))
  execFileSync(join(ENGINES_FOLDER, '../node_modules/.bin/oxfmt'), [indexPath(ENGINES_FOLDER)], { stdio: 'ignore' })
}

async function remove(version: string): Promise<string> {
  const engines = await readBuildIndex()
  const gone = engines.find((one) => one.version === version)
  if (gone === undefined) throw new Error(`There is no engine ${version} in engines/.`)
  writeIndex(engines.filter((one) => one !== gone))
  rmSync(archivePath(ENGINES_FOLDER, gone))
  return `engine ${version} is no longer kept\n`
}

async function list(): Promise<string> {
  const engines = await readBuildIndex()
  return engines.map(({ version, tag, commit, digest }) => `${version}  ${tag}  ${commit}  ${digest}\n`).join('')
}

async function run(): Promise<string> {
  const options = { commit: { type: 'string' }, tag: { type: 'string' }, version: { type: 'string' } } as const
  const { positionals, values } = parseArgs({ options, allowPositionals: true, strict: true })
  const [command] = positionals
  if (command === 'add' && values.commit !== undefined) return await add(values.commit, values.tag)
  if (command === 'remove' && values.version !== undefined) return await remove(values.version)
  if (command === 'list') return await list()
  process.exitCode = 2
  return USAGE
}

try {
  process.stdout.write(await run())
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`)
  process.exitCode = 1
}

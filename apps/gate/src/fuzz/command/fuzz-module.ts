import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parsePack } from '@firebreak/content'
import type { FuzzTarget } from '@firebreak/gate'
import { readPackFolder } from '@firebreak/pack-folder'
import { FuzzError } from '../errors.ts'
import { imageForEvents, regressionsOf } from '../gather.ts'
import type { Job } from '../jobs.ts'
import { ROOT } from '../root.ts'
import { seedsOf } from '../seeds/seeds.ts'
import { toolDigestOf } from '../tool-digest.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { FuzzCommand } from './options.ts'
import { readSeedFiles } from './seed-files.ts'
import { ProgressLine, type Shown } from './show.ts'

type ForModule = Extract<FuzzCommand, { readonly kind: 'target' | 'js' }>

const MINIMISE_EXECUTIONS = 2_000
const STARTER_PACK = join(ROOT, 'content', 'linux-baseline')

/** Fuzzes a parser that can be instrumented, in a process of its own. */
export async function fuzzModule(options: ForModule, interrupted: AbortSignal): Promise<Shown> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-fuzz-'))
  const worker = new WorkerProcess()
  const line = new ProgressLine()
  interrupted.addEventListener('abort', () => worker.enough())
  try {
    const job = await jobOf(options, folder)
    const outcome = await worker.run(job, ({ executions, blocks, findings }) => line.tell(executions, blocks, findings))
    line.end()
    const about = { name: nameOf(options), seed: options.seed }
    if (outcome.kind === 'done') return { ...about, ...outcome.result }
    if (outcome.kind === 'fault') throw new FuzzError('fuzz/bundle', `Cannot fuzz ${about.name}: ${outcome.message}`)
    const message = `the process that reads it ends with ${outcome.how}`
    const died = { bucket: 'died', code: 'died', message, place: null, input: outcome.input, foundAt: 0 }
    return { ...about, executions: 0, accepted: 0, blocks: 0, blocksTotal: 0, corpus: 0, findings: [died] }
  } finally {
    worker.end()
    await rm(folder, { recursive: true, force: true })
  }
}

function nameOf(options: ForModule): string {
  return options.kind === 'target' ? options.target : `${options.module}#${options.exported}`
}

async function jobOf(options: ForModule, folder: string): Promise<Job> {
  const { inputs } = await readSeedFiles(options.seeds)
  const isOurs = options.kind === 'target'
  return {
    target: isOurs ? options.target : { entry: await writeEntry(options, folder) },
    planted: 0,
    seed: options.seed,
    executions: options.executions,
    seeds: isOurs ? [...(await seedsFor(options.target, options.pack ?? STARTER_PACK)), ...inputs] : inputs,
    regressions: isOurs ? await regressionsOf(options.target) : [],
    image: imageForEvents(),
    minimise: MINIMISE_EXECUTIONS,
    recordInputs: null,
    toolDigest: await toolDigestOf(),
  }
}

async function seedsFor(target: FuzzTarget, folder: string): Promise<readonly Uint8Array[]> {
  const source = await readPackFolder(folder)
  return seedsOf({ source, pack: parsePack(source) })[target]
}

/** A module that makes a target of theirs. */
async function writeEntry(options: Extract<ForModule, { readonly kind: 'js' }>, folder: string): Promise<string> {
  const { module, exported, expected, text, strictIndex } = options
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(exported)) {
    throw new FuzzError('fuzz/usage', `Cannot fuzz: ${exported} is no name of an export`)
  }
  const entry = join(folder, 'entry.ts')
  const foreign = join(ROOT, 'apps', 'gate', 'src', 'fuzz', 'targets', 'foreign.ts')
  const lines = [
    `import { ${exported} as parse } from ${JSON.stringify(resolve(module))}`,
    `import { foreignTarget } from ${JSON.stringify(foreign)}`,
    `export const createTarget = foreignTarget(parse, ${JSON.stringify({ expected, text, strictIndex })})`,
  ]
  await writeFile(entry, `${lines.join('\n')}\n`)
  return entry
}

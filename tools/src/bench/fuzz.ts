import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CANARIES } from '@firebreak/gate-app/fuzz'
import { instrument } from '@firebreak/instrument'
import { checkContract, type ContractAnswer, referenceScript, VARIANTS } from '@firebreak/reference-parser'
import { bundleOf } from './fuzz/bundle.ts'
import { ablationsOf, peerFigures, replicaOf, suiteFigures, variantsOf } from './fuzz/figures.ts'
import { jazzer } from './fuzz/peer-jazzer.ts'
import { libFuzzer } from './fuzz/peer-libfuzzer.ts'
import type { PeerFigures } from './fuzz/peer.ts'
import type { ReferenceResult, ReferenceTask } from './fuzz/reference-task.ts'
import { runSuite } from './fuzz/suite.ts'
import { type BenchOptions, type Figures, progress } from './measure.ts'

/** Of each planted bug: what "at least 10 seeds" asks for. */
const SEEDS = 10
/** CPU seconds in which a bug has to be found, in every seed; a search goes on somewhat longer, to say by how much it fails. */
const CPU_SECONDS = { limit: 5, longest: 10 }
const QUICK = { seeds: 3, wallMs: 12_000, longest: 5 }
/** The heap of the process whose memory is stated, and one arena of glibc's malloc where it would have one for each thread. */
const LEAN = ['--max-semi-space-size=1', '--max-old-space-size=24', '--no-warnings']
const LEAN_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' }

/**
 * How fast the fuzzer is, and what it finds: bugs planted into this repository's own parsers; the reference parser, beside native libFuzzer, fast-check
 * and Jazzer.js; and July 2024, three ways.
 */
export async function fuzz({ quick }: BenchOptions): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-fuzz-'))
  try {
    progress('the reference parser: speed, memory, eleven planted bugs')
    const reference = await runReference(folder, quick)
    progress('the same for the peers')
    const peers = peersOf(folder, quick)
    progress(`${CANARIES.length} bugs planted into parsers of this repository`)
    const searches = await runSuite({
      seeds: Array.from({ length: quick ? QUICK.seeds : SEEDS }, (_, i) => i + 1),
      cpuSecondsMax: quick ? QUICK.longest : CPU_SECONDS.longest,
      wallMsMax: quick ? QUICK.wallMs : null,
    })
    const [rate, whole] = reference.rates
    return {
      ...suiteFigures(CANARIES, searches, CPU_SECONDS.limit),
      execsPerCpuSecond: rate?.executionsPerCpuSecond ?? 0,
      execsPerCpuSecondWithStructure: whole?.executionsPerCpuSecond ?? 0,
      peakMiB: reference.peakMiB,
      baseMiB: reference.baseMiB,
      reference: variantsOf(reference.searches),
      ablations: ablationsOf(reference.searches),
      july2024: replicaOf(reference, contractOfJuly2024()),
      peers,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function contractOfJuly2024(): ContractAnswer {
  const variant = VARIANTS.find(({ id }) => id === 'july-2024')
  if (variant === undefined) throw new Error('the variant of July 2024 is gone')
  return checkContract(variant)
}

/** In a process of its own that has nothing but the engine and programs that are instrumented already. */
async function runReference(folder: string, quick: boolean): Promise<ReferenceResult> {
  const code = referenceScript()
  const task: ReferenceTask = {
    counting: instrument(code, { build: 'counting' }),
    tracing: instrument(code, { build: 'tracing' }),
    seeds: Array.from({ length: quick ? QUICK.seeds : SEEDS }, (_, i) => i + 1),
    rateExecutions: quick ? 200_000 : 1_000_000,
    executionsMax: quick ? 200_000 : 500_000,
  }
  const [program, input] = [join(folder, 'reference.mjs'), join(folder, 'reference.json')]
  writeFileSync(program, await bundleOf(fileURLToPath(new URL('./fuzz/reference-process.ts', import.meta.url))))
  writeFileSync(input, JSON.stringify(task))
  return jsonOf([...LEAN, program, input], LEAN_ENVIRONMENT) as ReferenceResult
}

function peersOf(folder: string, quick: boolean): Figures {
  const seeds = quick ? [1] : [1, 2, 3]
  const process = fileURLToPath(new URL('./fuzz/fast-check-process.ts', import.meta.url))
  const fastCheck = jsonOf([process, JSON.stringify(seeds), quick ? '1000' : '50000']) as PeerFigures
  return {
    libFuzzer: peerFigures(libFuzzer(folder, seeds, quick ? 50_000 : 2_000_000)),
    fastCheck: peerFigures(fastCheck),
    jazzerJs: peerFigures(jazzer()),
  }
}

/** The last line that a process of Node prints. */
function jsonOf(args: readonly string[], environment: NodeJS.ProcessEnv = {}): unknown {
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${args.find((one) => !one.startsWith('-')) ?? ''} ended with ${status}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}

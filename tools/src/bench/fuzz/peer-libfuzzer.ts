import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SEEDS, SOUND_VARIANT, type Variant, VARIANTS } from '@firebreak/reference-parser'
import type { PeerFigures, PeerSearch } from './peer.ts'

const SOURCE = fileURLToPath(new URL('./reference.cc', import.meta.url))
const COMPILE_MS_MAX = 120_000
const RUN_MS_MAX = 60_000
/** What measures the rate: enough to be past starting. */
const RATE_EXECUTIONS = 1_000_000
const OUTPUT_BYTES_MAX = 64 * 2 ** 20
/** Node does not say what one child used; bash does. No core files: a crash is what is looked for. */
const TIMED = 'ulimit -c 0; TIMEFORMAT="cpu %U"; time "$0" "$@"'

/** Native libFuzzer on the same parser in C++, from the same seeds. */
export function libFuzzer(folder: string, seeds: readonly number[], executionsMax: number): PeerFigures {
  const version = spawnSync('clang++', ['--version'], { encoding: 'utf8' })
  if (version.error !== undefined || version.status !== 0)
    return { absent: 'clang++ is not installed (apt-get install clang)' }
  const corpus = join(folder, 'corpus')
  mkdirSync(corpus)
  for (const [i, seed] of SEEDS.entries()) writeFileSync(join(corpus, `${i}.bin`), seed)
  const binary = compile(folder)
  if (binary === null) return { absent: 'clang++ has no libFuzzer (apt-get install libclang-rt-dev)' }
  const rate = run({ binary, corpus, variant: SOUND_VARIANT, seed: 1, executions: RATE_EXECUTIONS })
  const searches = VARIANTS.flatMap((variant) =>
    seeds.map((seed): PeerSearch => {
      const { isFound, executions, cpuSeconds } = run({ binary, corpus, variant, seed, executions: executionsMax })
      return { variant: variant.id, seed, executions: isFound ? executions : null, cpuSeconds }
    }),
  )
  return {
    version: version.stdout.split('\n', 1)[0] ?? '',
    execsPerCpuSecond: rate.cpuSeconds > 0 ? Math.round(rate.executions / rate.cpuSeconds) : 0,
    peakMiB: rate.peakMiB,
    searches,
    executionsMax,
  }
}

function compile(folder: string): string | null {
  const binary = join(folder, 'reference')
  const options = ['-O2', '-fsanitize=fuzzer', '-o', binary, SOURCE]
  return spawnSync('clang++', options, { stdio: 'ignore', timeout: COMPILE_MS_MAX }).status === 0 ? binary : null
}

interface Run {
  readonly isFound: boolean
  readonly executions: number
  readonly cpuSeconds: number
  readonly peakMiB: number
}

interface Campaign {
  readonly binary: string
  readonly corpus: string
  readonly variant: Variant
  readonly seed: number
  readonly executions: number
}

/** It reads the seeds from `corpus` and writes what it finds into a folder of its own. */
function run({ binary, corpus, variant: { id, build }, seed, executions }: Campaign): Run {
  const scratch = `${binary}-${id}-${seed}`
  mkdirSync(scratch, { recursive: true })
  const options = [
    `-seed=${seed}`,
    `-runs=${executions}`,
    '-max_len=4096',
    '-print_final_stats=1',
    `-artifact_prefix=${scratch}/`,
  ]
  const child = spawnSync('bash', ['-c', TIMED, binary, ...options, scratch, corpus], {
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: {
      ...process.env,
      BUG: `${build.bug}`,
      SUPPLIED: `${build.supplied}`,
      EVALUATE_ALL: build.evaluateAll ? '1' : '0',
    },
  })
  const stat = (name: string): number => Number(new RegExp(`stat::${name}:\\s+(\\d+)`).exec(child.stderr)?.[1] ?? 0)
  return {
    isFound: /deadly signal|ERROR: libFuzzer/.test(child.stderr),
    executions: stat('number_of_executed_units'),
    cpuSeconds: Number(/^cpu (\S+)$/m.exec(child.stderr)?.[1] ?? 0),
    peakMiB: stat('peak_rss_mb'),
  }
}

import { errorMessage } from '@firebreak/kernel'
import type { BenchOptions, Figures } from './measure.ts'

/** Loaded when asked for: one benchmark's modules would be in the memory and the caches of another. */
const BENCHMARKS: Readonly<Record<string, () => Promise<(options: BenchOptions) => Promise<Figures>>>> = {
  containment: async () => (await import('./containment.ts')).containment,
  footprint: async () => (await import('./footprint.ts')).footprint,
  sensor: async () => (await import('./sensor.ts')).sensor,
  'exec-gate': async () => (await import('./exec-gate.ts')).execGate,
  image: async () => (await import('./image.ts')).image,
  engine: async () => (await import('./engine.ts')).engine,
  ingest: async () => (await import('./ingest.ts')).ingest,
  indicators: async () => (await import('./indicators.ts')).indicators,
  delta: async () => (await import('./delta.ts')).delta,
  redos: async () => (await import('./redos.ts')).redos,
  verdict: async () => (await import('./verdict.ts')).verdict,
  gate: async () => (await import('./gate.ts')).gate,
  fuzz: async () => (await import('./fuzz.ts')).fuzz,
}
const EXIT_FAILED = 1
const EXIT_USAGE = 2

const [name = '', ...options] = process.argv.slice(2)
const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined
if (load === undefined || options.some((option) => option !== '--json' && option !== '--quick')) {
  process.stderr.write(
    `Usage: firebreak bench NAME [--json] [--quick], where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}\n`,
  )
  process.exitCode = EXIT_USAGE
} else {
  await run(load, options).catch((error: unknown) => {
    process.stderr.write(`Cannot measure ${name}: ${errorMessage(error)}\n`)
    process.exitCode = EXIT_FAILED
  })
}

/** With `--json` on one line, else laid out for people. */
async function run(loadBenchmark: NonNullable<typeof load>, chosen: readonly string[]): Promise<void> {
  const measure = await loadBenchmark()
  const figures = { benchmark: name, node: process.version, ...(await measure({ quick: chosen.includes('--quick') })) }
  process.stdout.write(`${JSON.stringify(figures, null, chosen.includes('--json') ? 0 : 2)}\n`)
}

import { errorMessage } from '@firebreak/kernel'
import type { Figures } from './measure.ts'

/** Loaded when asked for: one benchmark's modules would be in the memory and the caches of another. */
const BENCHMARKS: Readonly<Record<string, () => Promise<() => Promise<Figures>>>> = {
  failover: async () => (await import('./failover.ts')).failover,
  sensor: async () => (await import('./sensor.ts')).sensor,
  image: async () => (await import('./image.ts')).image,
  engine: async () => (await import('./engine.ts')).engine,
  ingest: async () => (await import('./ingest.ts')).ingest,
  indicators: async () => (await import('./indicators.ts')).indicators,
  delta: async () => (await import('./delta.ts')).delta,
  redos: async () => (await import('./redos.ts')).redos,
}
const EXIT_FAILED = 1
const EXIT_USAGE = 2

const [name = '', ...options] = process.argv.slice(2)
const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined
if (load === undefined || options.some((option) => option !== '--json')) {
  process.stderr.write(
    `Usage: firebreak bench NAME [--json], where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}\n`,
  )
  process.exitCode = EXIT_USAGE
} else {
  await run(load, options.includes('--json')).catch((error: unknown) => {
    process.stderr.write(`Cannot measure ${name}: ${errorMessage(error)}\n`)
    process.exitCode = EXIT_FAILED
  })
}

/** With `--json` on one line, else laid out for people. */
async function run(loadBenchmark: () => Promise<() => Promise<Figures>>, oneLine: boolean): Promise<void> {
  const measure = await loadBenchmark()
  const figures = { benchmark: name, node: process.version, ...(await measure()) }
  process.stdout.write(`${JSON.stringify(figures, null, oneLine ? 0 : 2)}\n`)
}

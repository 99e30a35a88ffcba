import type { Outcome, Target } from '@firebreak/fuzz'
import type { Instrumented } from '@firebreak/instrument'
import { hottestBlock, load, type Loaded } from '@firebreak/instrument/load'
import type * as Reference from './reference.ts'
import { EVENT, type Variant } from './variants.ts'

/** Blocks that one execution may run: a fixed part, and so many for each byte of the input. */
const FUEL = { fixed: 4000, perByte: 64 }
const ALLOCATION_BYTES = 1 << 20

/** Both builds of the reference parser, loaded. */
export interface Builds {
  readonly counting: Loaded
  readonly tracing: Loaded
}

export function loadBuilds(
  counting: Pick<Instrumented, 'build' | 'code' | 'counters'>,
  tracing: Pick<Instrumented, 'build' | 'code' | 'counters'>,
): Builds {
  const none = (name: string): never => {
    throw new Error(`Cannot load ${name}: the reference parser asks for no modules`)
  }
  return { counting: load(counting, none), tracing: load(tracing, none) }
}

/** A variant of the reference parser, as the fuzzer's target. */
export function referenceTarget({ counting, tracing }: Builds, variant: Variant): Target {
  const run = runner(counting, variant)
  const runTraced = runner(tracing, variant)
  return {
    counters: counting.counters as Uint8Array,
    run,
    trace: (input) => {
      tracing.counters.fill(0)
      tracing.log.clear()
      const outcome = runTraced(input)
      const block = tracing.gauge.exhausted === 'fuel' ? hottestBlock(tracing.counters) : tracing.gauge.lastBlock
      return { outcome, compared: tracing.log.pairs, block }
    },
  }
}

/** Content is refused, or accepted and evaluated; the rest is a failure. */
function runner({ exports, gauge }: Loaded, { build }: Variant): (input: Uint8Array) => Outcome {
  const { run, Refused, Trap, Planted } = exports as unknown as typeof Reference
  return (input) => {
    gauge.refuel(FUEL.fixed + FUEL.perByte * input.length, ALLOCATION_BYTES)
    try {
      run(input, EVENT, build)
      return gauge.exhausted === null ? 'accepted' : { code: gauge.exhausted, message: 'it went on' }
    } catch (error) {
      if (error instanceof Refused) return 'rejected'
      if (gauge.exhausted !== null) return { code: gauge.exhausted, message: 'it does not end' }
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof Trap) return { code: 'trap', message }
      return { code: error instanceof Planted ? 'planted' : 'undeclared', message }
    }
  }
}

import { createRequire } from 'node:module'
import type { Dictionary, Outcome, Target, Trace } from '@firebreak/fuzz'
import type { Instrumented } from '@firebreak/instrument'
import { hottestBlock, load, type Loaded } from '@firebreak/instrument/load'
import { assert, errorMessage } from '@firebreak/kernel'
import { lineOfBlock, lineOfError, SCRIPT_NAME } from './place.ts'
import type { CreateTarget } from './targets/define.ts'

/** A program under test, loaded. */
export interface LiveTarget extends Target {
  /** The block of a trace is the line of the script on which it ended. */
  readonly trace: (input: Uint8Array) => Trace
  readonly dictionary: Dictionary
  /** `function:line`, by the number of a block. */
  readonly blocks: readonly string[]
}

export interface LiveOptions {
  readonly image: Uint8Array
  /** Number of the planted bug that is switched on; 0: none. */
  readonly planted: number
  /** Blocks that one input may run, in all that the oracles do with it: more is a hang. */
  readonly fuelMax: number
}

const ALLOCATION_BYTES_MAX = 2 ** 31
const require = createRequire(import.meta.url)

/** Loads both builds of a target. */
export function liveTarget(
  { counting, tracing }: { readonly counting: Instrumented; readonly tracing: Instrumented },
  options: LiveOptions,
): LiveTarget {
  const quick = start(counting, options, () => {})
  let line: number | null = null
  const slow = start(tracing, options, (error) => {
    line = lineOfError(error)
  })
  assert(quick.loaded.counters instanceof Uint8Array, 'the counting build counts in bytes')
  return {
    counters: quick.loaded.counters,
    run: quick.run,
    spent: () => options.fuelMax - quick.loaded.gauge.fuelLeft,
    trace: (input) => {
      const { counters, log } = slow.loaded
      counters.fill(0)
      log.clear()
      line = null
      const outcome = withStacks(() => slow.run(input))
      const isFuel = typeof outcome === 'object' && outcome.code === 'fuel'
      const hottest = isFuel ? lineOfBlock(tracing.blocks[hottestBlock(counters)] ?? '') : null
      return { outcome, compared: log.pairs, block: hottest ?? line }
    },
    dictionary: counting.dictionary,
    blocks: counting.blocks,
  }
}

interface Started {
  readonly loaded: Loaded
  readonly run: (input: Uint8Array) => Outcome
}

function start(
  build: Instrumented,
  { image, planted, fuelMax }: LiveOptions,
  failing: (error: unknown) => void,
): Started {
  const loaded = load(build, (name) => require(name) as unknown, SCRIPT_NAME)
  const { gauge } = loaded
  const { plant, createTarget } = loaded.exports as { plant?: (n: number) => void; createTarget: CreateTarget }
  plant?.(planted)
  const judge = createTarget({ fuel: () => -gauge.fuelLeft, bytes: () => -gauge.allocationBytesLeft }, image)
  return {
    loaded,
    run: (input) => {
      gauge.refuel(fuelMax, ALLOCATION_BYTES_MAX)
      try {
        const accepted = judge(input)
        return gauge.exhausted === null ? (accepted ? 'accepted' : 'rejected') : ranOut(gauge.exhausted)
      } catch (error) {
        failing(error)
        return gauge.exhausted === null ? failureOf(error) : ranOut(gauge.exhausted)
      }
    },
  }
}

function ranOut(what: 'fuel' | 'allocation'): Outcome {
  return { code: what, message: what === 'fuel' ? 'does not come to an end' : 'asks for more than 2 GiB' }
}

/** The target's own class of violations is another one than ours: it is part of its bundle. */
function failureOf(error: unknown): Outcome {
  const oracle = typeof error === 'object' && error !== null && 'oracle' in error ? error.oracle : null
  return { code: typeof oracle === 'string' ? oracle : 'undeclared-error', message: errorMessage(error) }
}

const STACK_FRAMES = 30

/** Stacks cost four times as much as parsing: who fuzzes has none, but here. */
function withStacks<T>(run: () => T): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = STACK_FRAMES
  try {
    return run()
  } finally {
    Error.stackTraceLimit = before
  }
}

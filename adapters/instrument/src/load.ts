import { compileFunction } from 'node:vm'
import { CompareLog } from './compare-log.ts'
import { Gauge } from './gauge.ts'
import { COUNTERS, FUEL, HOOKS } from './hooks.ts'
import type { Instrumented } from './instrument.ts'

/** Modules that a script asks for: usually Node's own, and nothing else. */
export type Require = (name: string) => unknown

/** A program that is loaded: its functions, and what they leave behind. */
export interface Loaded {
  readonly exports: Readonly<Record<string, unknown>>
  /** A count for each block, modulo 256 (2^32 in the tracing build); padded to whole words of four bytes. To be cleared by the caller. */
  readonly counters: Uint8Array | Uint32Array
  readonly gauge: Gauge
  /** What was compared since it was last cleared; empty in the counting build. */
  readonly log: CompareLog
}

/** Enough for what a module does while it is loaded. */
const LOADING_FUEL = 2 ** 31 - 1

/**
 * Runs an instrumented script once, as CommonJS does. Twice the same script gives two programs that share nothing.
 *
 * @throws whatever the script throws
 */
export function load(
  { build, code, counters }: Pick<Instrumented, 'build' | 'code' | 'counters'>,
  require: Require,
  name = 'instrumented.cjs',
): Loaded {
  const padded = 4 * Math.ceil(Math.max(1, counters) / 4)
  const counts = build === 'tracing' ? new Uint32Array(padded) : new Uint8Array(padded)
  const gauge = new Gauge()
  gauge.refuel(LOADING_FUEL, Number.MAX_SAFE_INTEGER)
  const log = new CompareLog()
  const module = { exports: {} as Record<string, unknown> }
  const run = compileFunction(code, ['module', 'exports', 'require', COUNTERS, FUEL, HOOKS], { filename: name })
  run(module, module.exports, require, counts, gauge.words, hooksOf(gauge, log))
  counts.fill(0)
  log.clear()
  return { exports: module.exports, counters: counts, gauge, log }
}

/** Of the tracing build: what it did, for a finding's bucket. */
export function hottestBlock(counters: Uint8Array | Uint32Array): number {
  let hottest = 0
  for (let i = 0; i < counters.length; i++) {
    if ((counters[i] ?? 0) > (counters[hottest] ?? 0)) hottest = i
  }
  return hottest
}

/** Null-prototype, since code that is tested could have changed prototypes. */
function hooksOf(gauge: Gauge, log: CompareLog): Readonly<Record<string, unknown>> {
  return {
    __proto__: null,
    stop: (): never => gauge.stop(),
    allocate: (width: number, size: unknown): unknown => {
      const elements = typeof size === 'number' ? size : lengthOf(size)
      if (elements > 0) gauge.allocate(width * elements)
      return size
    },
    repeat: (text: { repeat(count: unknown): unknown }, count: unknown): unknown => {
      if (typeof text === 'string' && typeof count === 'number' && count > 0) gauge.allocate(text.length * count)
      return text.repeat(count)
    },
    ...log.hooks,
  }
}

/** Of the argument of a constructor: arrays are copied, buffers are not. */
function lengthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('length' in value)) return 0
  return typeof value.length === 'number' ? value.length : 0
}

export { type Exhaustion, Exhausted, Gauge } from './gauge.ts'

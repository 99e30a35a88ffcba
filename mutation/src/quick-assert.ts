/**
 * Stands in for `node:assert/strict` while mutants run. Node words each difference, which takes up to seconds for a long list; of a
 * mutant nobody reads it.
 */
import type strict from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

const real: typeof strict = process.getBuiltinModule('node:assert/strict')

function equal(actual: unknown, expected: unknown, message?: string | Error): void {
  if (!Object.is(actual, expected)) fail(message)
}

function deepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  if (!isDeepStrictEqual(actual, expected)) fail(message)
}

function fail(message: string | Error = 'Values differ'): never {
  throw message instanceof Error ? message : new real.AssertionError({ message })
}

const callable = (value: unknown, message?: string | Error): void => real(value, message)
export default Object.assign(callable, real, {
  equal,
  strictEqual: equal,
  deepEqual,
  deepStrictEqual: deepEqual,
})

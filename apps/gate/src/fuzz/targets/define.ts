import { FirebreakError } from '@firebreak/kernel'
import { judged, type Meter, type Promises } from '../oracles.ts'

/**
 * What a target's module exports. It is bundled to one script, and a worker makes the target with its own meter.
 *
 * @param image - a good image, for targets that need one to read events with
 * @returns whether an input was accepted; throws Violation
 */
export type CreateTarget = (meter: Meter, image: Uint8Array) => (input: Uint8Array) => boolean

export function define<T>(promises: Promises<T> | ((image: Uint8Array) => Promises<T>)): CreateTarget {
  return (meter, image) => judged(typeof promises === 'function' ? promises(image) : promises, meter)
}

/** Whether an error is one of ours with one of these codes. */
export function oneOf(codes: readonly string[]): (error: unknown) => boolean {
  const closed = new Set(codes)
  return (error) => error instanceof FirebreakError && closed.has(error.code)
}

/** Of JSON text: white space behind it may be cut off, nothing else. */
export function jsonLength(input: Uint8Array): number {
  let end = input.length
  while (end > 0 && [0x20, 0x0a, 0x0d, 0x09].includes(input[end - 1] ?? 0)) end--
  return end
}

/** All of a value as text, maps and bytes included. */
export function describeJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (one instanceof Map) return [...(one as ReadonlyMap<unknown, unknown>)]
    return one instanceof Uint8Array ? Array.from(one) : one
  })
}

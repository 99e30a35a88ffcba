import { Violation } from '../oracles.ts'
import type { CreateTarget } from './define.ts'

export interface ForeignOptions {
  /** Names of error classes by which the parser refuses. */
  readonly expected: readonly string[]
  readonly text: boolean
  readonly strictIndex: boolean
}

type Parse = (input: unknown) => unknown

/** A parser of somebody else's, of which nothing is known but by which errors it refuses. */
export function foreignTarget(parse: Parse, { expected, text, strictIndex }: ForeignOptions): CreateTarget {
  const decoder = new TextDecoder('utf-8')
  const given = (input: Uint8Array): unknown => {
    if (text) return decoder.decode(input)
    // The engine writes the next input into the same memory.
    return strictIndex ? checkedBytes(input.slice()) : input.slice()
  }
  const accepts = (input: Uint8Array): boolean => {
    try {
      parse(given(input))
      return true
    } catch (error) {
      if (error instanceof Violation || !isExpected(error, expected)) throw unexpected(error)
      return false
    }
  }
  return () => (input) => {
    const accepted = accepts(input)
    if (input.length % 8 === 0 && accepts(input) !== accepted)
      throw new Violation('changed', 'another verdict the second time')
    return accepted
  }
}

function isExpected(error: unknown, expected: readonly string[]): boolean {
  for (
    let one = error instanceof Error ? Object.getPrototypeOf(error) : null;
    one !== null;
    one = Object.getPrototypeOf(one)
  ) {
    if (expected.includes((one as { readonly constructor: { readonly name: string } }).constructor.name)) return true
  }
  return error instanceof Error && expected.includes(error.name)
}

function unexpected(error: unknown): Violation {
  if (error instanceof Violation) return error
  const name = error instanceof Error ? error.name : typeof error
  const message = error instanceof Error ? error.message : String(error)
  return new Violation('undeclared-error', `${name}: ${message}`, error)
}

/** Bytes of which no other is read than those that there are: JavaScript itself answers `undefined`, and goes on. */
export function checkedBytes(bytes: Uint8Array): Uint8Array {
  return new Proxy(bytes, {
    get: (target, key) => {
      if (typeof key === 'string' && /^-?\d+$/.test(key) && !(Number(key) < target.length && Number(key) >= 0)) {
        throw new Violation('trap', 'reads a byte that is not there')
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

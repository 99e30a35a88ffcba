/**
 * The names that instrumented code uses. The function that is compiled from it takes them as its last parameters, so
 * they cost a look-up in one scope. ASCII: a character beyond Latin-1 would double the memory of the whole text.
 */
export const COUNTERS = '__C'
export const FUEL = '__F'
export const HOOKS = '__H'

/** Places in the gauge, an Int32Array. */
export const FUEL_LEFT = 0
/** The block that ran last; kept in tracing builds only. */
export const LAST_BLOCK = 1

/** How a comparison is written in code, and the hook that logs it and gives its answer. */
export const COMPARISONS: Readonly<Record<string, string>> = {
  '===': 'seq',
  '!==': 'sne',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '>': 'gt',
  '<=': 'le',
  '>=': 'ge',
}

/** Methods of texts whose argument is compared with the text itself. */
export const TEXT_COMPARISONS: Readonly<Record<string, string>> = {
  startsWith: 'starts',
  endsWith: 'ends',
  includes: 'includes',
}

/** Constructors that take a number of elements, and how many bytes one element is taken to be. */
export const ALLOCATORS: Readonly<Record<string, number>> = {
  Array: 8,
  ArrayBuffer: 1,
  SharedArrayBuffer: 1,
  Uint8Array: 1,
  Int8Array: 1,
  Uint8ClampedArray: 1,
  Uint16Array: 2,
  Int16Array: 2,
  Uint32Array: 4,
  Int32Array: 4,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
}

import { isTest, layerOf, type Repository } from './repository.ts'

/**
 * The world outside, by the names under which code gets at it. The core's own tsconfig makes most of them type errors;
 * this holds also for core/crypto, and for what ECMAScript itself has: the clock, chance, locales, code from text.
 */
const WORLD: ReadonlySet<string> = new Set([
  'AbortController',
  'Buffer',
  'Date',
  'Deno',
  'Function',
  'Intl',
  'WebSocket',
  'XMLHttpRequest',
  'Worker',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'document',
  'eval',
  'fetch',
  'globalThis',
  'navigator',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'window',
])
/** Of objects that are otherwise harmless: chance, the clock of Temporal, and answers that depend on the machine's language. */
const WORLDLY_PROPERTIES: ReadonlySet<string> = new Set([
  'random',
  'Now',
  'localeCompare',
  'toLocaleLowerCase',
  'toLocaleUpperCase',
])
/** It converts between a moment and its text, and never reads the clock. */
const TIME_FILE = 'core/kernel/src/time.ts'

/** The core has no clock, no chance and no effects: what it needs to know is an argument. */
export function checkCore({ modules }: Repository): readonly string[] {
  return modules
    .filter(({ path }) => layerOf(path) === 'core' && !isTest(path))
    .flatMap(({ path, globals, properties }) => [
      ...globals.filter(({ name }) => WORLD.has(name) && !(name === 'Date' && path === TIME_FILE)).map(say(path)),
      ...properties.filter(({ name }) => WORLDLY_PROPERTIES.has(name)).map(say(path)),
      ...(path === TIME_FILE ? properties.filter(({ name }) => name === 'now').map(say(path)) : []),
    ])
}

function say(path: string): (found: { readonly name: string; readonly line: number }) => string {
  return ({ name, line }) => `${path}:${line}: the core does not use ${name}`
}

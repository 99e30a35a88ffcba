import { DetectError } from './errors.ts'

/** Reads outside a table never become `undefined`: they stop the engine. On a verified image that is a bug of ours. */
export function trap(table: string, index: number): DetectError {
  return new DetectError('detect/trap', `Cannot go on: index ${index} is outside ${table}`, { table, index })
}

/** @throws DetectError detect/trap */
export function word(words: Uint32Array, index: number, table: string): number {
  const found = words[index]
  if (found === undefined) throw trap(table, index)
  return found
}

/** @throws DetectError detect/trap */
export function item<T>(items: readonly T[], index: number, table: string): T {
  const found = items[index]
  if (found === undefined) throw trap(table, index)
  return found
}

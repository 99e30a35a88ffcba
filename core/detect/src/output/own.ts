/** What `table` says of `key`. Keys come from rules and events: `__proto__` and `constructor` are in no table. */
export function own<T>(table: Readonly<Record<string, T>>, key: string, other: T): T {
  return Object.hasOwn(table, key) ? (table[key] ?? other) : other
}

/** Sets `key` to `value`; where that would be one key more than `countMax`, the oldest goes. */
export function putBounded<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, countMax: number): void {
  if (!map.has(key) && map.size >= countMax) {
    const [oldest = key] = map.keys()
    map.delete(oldest)
  }
  map.set(key, value)
}

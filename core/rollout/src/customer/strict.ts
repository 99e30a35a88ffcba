import { malformed, object, type Reader, record, type Shape } from '@firebreak/kernel'

/** Like `object`, but a key that the shape does not name is refused: it may be a wish that nobody here would fulfil. */
export function strict<T extends object>(shape: Shape<T>): Reader<T> {
  const read = object<T>(shape)
  const keys = Object.keys(shape)
  return (value, at) => {
    const unknown = Object.keys(record(value, at)).find((one) => !keys.includes(one))
    if (unknown !== undefined) throw malformed(at, `the keys ${keys.join(', ')}`, unknown)
    return read(value, at)
  }
}

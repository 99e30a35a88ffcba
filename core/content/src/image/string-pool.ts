import { compareRuns, utf8Decode, utf8Encode } from '@firebreak/kernel'

/** The texts of an image: one run of UTF-8 bytes, cut by offsets. Decoded only where a person will read them. */
export class StringPool {
  /** Of `count` + 1 entries: string i is `bytes` from offsets[i] to offsets[i + 1]. */
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
  readonly count: number

  constructor(offsets: Uint32Array, bytes: Uint8Array) {
    this.offsets = offsets
    this.bytes = bytes
    this.count = offsets.length - 1
  }

  /** '' for a number that is no string: the verifier has ruled it out. */
  text(id: number): string {
    const from = this.offsets[id] ?? 0
    return utf8Decode(this.bytes.subarray(from, Math.max(from, this.offsets[id + 1] ?? from)))
  }

  /** The number of `text`, or -1. */
  find(text: string): number {
    const wanted = utf8Encode(text)
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const [from = 0, to = 0] = this.offsets.subarray(middle)
      const order = compareRuns(this.bytes, from, to, wanted, 0, wanted.length)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

/** The pool of a set of well-formed texts, and their numbers. */
export function poolOf(texts: ReadonlySet<string>): { readonly pool: StringPool; readonly ids: Map<string, number> } {
  const encoded = [...texts].map((text) => ({ text, bytes: utf8Encode(text) }))
  encoded.sort((a, b) => compareRuns(a.bytes, 0, a.bytes.length, b.bytes, 0, b.bytes.length))
  const offsets = new Uint32Array(encoded.length + 1)
  for (const [i, { bytes }] of encoded.entries()) offsets[i + 1] = (offsets[i] ?? 0) + bytes.length
  const bytes = new Uint8Array(offsets[encoded.length] ?? 0)
  for (const [i, one] of encoded.entries()) bytes.set(one.bytes, offsets[i])
  return { pool: new StringPool(offsets, bytes), ids: new Map(encoded.map(({ text }, i) => [text, i])) }
}

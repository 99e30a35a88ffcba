/** Writes small BTF files for tests, straight from the format's description. */

export interface Member {
  readonly name: string
  readonly type: number
  readonly bits: number
}

export type BtfType =
  | { readonly kind: 'int'; readonly name: string }
  | { readonly kind: 'pointer' | 'const'; readonly to: number }
  | { readonly kind: 'typedef'; readonly name: string; readonly to: number }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | {
      readonly kind: 'struct' | 'union'
      readonly name: string
      readonly members: readonly Member[]
      readonly bitfields?: true
    }

const KINDS = { int: 1, pointer: 2, struct: 4, union: 5, enum: 6, typedef: 8, const: 10 }

/** @param types - the first has id 1 */
export function btfBytes(types: readonly BtfType[]): Uint8Array {
  const names: number[] = [0]
  const body: number[] = []
  const word = (value: number): number => body.push(...Buffer.from(Uint32Array.of(value).buffer))
  const name = (text: string): number => (text === '' ? 0 : names.push(...Buffer.from(`${text}\0`)) - text.length - 1)
  for (const type of types) {
    word('name' in type ? name(type.name) : 0)
    const count = 'members' in type ? type.members.length : 'values' in type ? type.values.length : 0
    word(KINDS[type.kind] * 2 ** 24 + count + ('bitfields' in type ? 2 ** 31 : 0))
    word('to' in type ? type.to : 8)
    if (type.kind === 'int') word(64)
    if ('values' in type) for (const [value, text] of type.values.entries()) [name(text), value].forEach(word)
    if ('members' in type) for (const one of type.members) [name(one.name), one.type, one.bits].forEach(word)
  }
  const header = Buffer.alloc(24)
  header.writeUInt16LE(0xeb9f, 0)
  header.writeUInt8(1, 2)
  for (const [k, value] of [24, 0, body.length, body.length, names.length].entries())
    header.writeUInt32LE(value, 4 + 4 * k)
  return Uint8Array.from([...header, ...body, ...names])
}

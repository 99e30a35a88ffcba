import { LinuxError } from '../errors.ts'

/** Where the kernel describes its own types. */
export const BTF_PATH = '/sys/kernel/btf/vmlinux'

/** Distribution kernels have 4-7 MB. */
export const BTF_SIZE_BYTES_MAX = 64 * 1024 * 1024

/** Anonymous members inside anonymous members; the kernel has three levels. */
const NESTING_MAX = 8

const MAGIC = 0xeb9f
const HEADER_SIZE_BYTES = 24
const TYPE_SIZE_BYTES = 12
const MEMBER_SIZE_BYTES = 12

const KIND = {
  INT: 1,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  DECL_TAG: 17,
  ENUM64: 19,
}
const MODIFIERS: ReadonlySet<number> = new Set([8, 9, 10, 11, 18]) // typedef, volatile, const, restrict, type tag
const KIND_MAX = 19

/** Bytes that follow the type record, by kind: [fixed, per element]. */
const EXTRA: Readonly<Record<number, readonly [number, number]>> = {
  [KIND.INT]: [4, 0],
  [KIND.ARRAY]: [12, 0],
  [KIND.VAR]: [4, 0],
  [KIND.DECL_TAG]: [4, 0],
  [KIND.STRUCT]: [0, MEMBER_SIZE_BYTES],
  [KIND.UNION]: [0, MEMBER_SIZE_BYTES],
  [KIND.ENUM]: [0, 8],
  [KIND.FUNC_PROTO]: [0, 8],
  [KIND.DATASEC]: [0, 12],
  [KIND.ENUM64]: [0, 12],
}

/** Answers where a member is inside a kernel structure. */
export interface Btf {
  /**
   * @param path - member names from the structure down: `mm`, or `d_name.name` through a nested structure
   * @returns the offset in bytes, or null when this kernel has no such structure, member, or byte-aligned member
   */
  offsetOf(struct: string, path: string): number | null
}

interface TypeRecord {
  readonly kind: number
  readonly count: number
  readonly bitfields: boolean
  readonly nameAt: number
  readonly sizeOrType: number
  /** Where the elements start. */
  readonly at: number
}

/**
 * Reads a kernel's BTF. The bytes are the kernel's own, but a cut or foreign file must not send a read elsewhere.
 *
 * @param bytes - at most BTF_SIZE_BYTES_MAX
 * @throws LinuxError linux/btf
 * @see Documentation/bpf/btf.rst in the Linux source
 */
export function parseBtf(bytes: Uint8Array): Btf {
  if (bytes.length > BTF_SIZE_BYTES_MAX) throw problem('it is too large')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_SIZE_BYTES || view.getUint16(0, true) !== MAGIC) throw problem('it has no BTF header')
  const body = view.getUint32(4, true)
  const typesAt = body + view.getUint32(8, true)
  const typesEnd = typesAt + view.getUint32(12, true)
  const namesAt = body + view.getUint32(16, true)
  const namesEnd = namesAt + view.getUint32(20, true)
  if (typesEnd > bytes.length || namesEnd > bytes.length) throw problem('it is cut short')
  return new Types(view, bytes, indexTypes(view, typesAt, typesEnd), namesAt, namesEnd)
}

/** @returns the offset of every type record; type ids count from 1 */
function indexTypes(view: DataView, start: number, end: number): readonly number[] {
  const offsets = [0]
  let at = start
  while (at + TYPE_SIZE_BYTES <= end) {
    offsets.push(at)
    const info = view.getUint32(at + 4, true)
    const kind = (info >>> 24) & 0x1f
    if (kind === 0 || kind > KIND_MAX) throw problem(`type ${offsets.length - 1} is of unknown kind ${kind}`)
    const [fixed, each] = EXTRA[kind] ?? [0, 0]
    at += TYPE_SIZE_BYTES + fixed + each * (info & 0xffff)
  }
  if (at !== end) throw problem('its last type is cut short')
  return offsets
}

class Types implements Btf {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #types: readonly number[]
  readonly #namesAt: number
  readonly #namesEnd: number

  constructor(view: DataView, bytes: Uint8Array, types: readonly number[], namesAt: number, namesEnd: number) {
    this.#view = view
    this.#bytes = bytes
    this.#types = types
    this.#namesAt = namesAt
    this.#namesEnd = namesEnd
  }

  offsetOf(struct: string, path: string): number | null {
    const [first = '', ...rest] = path.split('.')
    for (let id = 1; id < this.#types.length; id++) {
      const type = this.#type(id)
      if (type?.kind !== KIND.STRUCT || !this.#isNamed(type.nameAt, struct)) continue
      return this.#bytesTo(type, first, rest)
    }
    return null
  }

  #bytesTo(type: TypeRecord, name: string, rest: readonly string[]): number | null {
    const member = this.#find(type, name, 0)
    if (member === null) return null
    const [next, ...further] = rest
    if (next === undefined) return member.bits % 8 === 0 ? member.bits / 8 : null
    const inner = this.#struct(member.type)
    const within = inner === null ? null : this.#bytesTo(inner, next, further)
    return within === null ? null : member.bits / 8 + within
  }

  #find(type: TypeRecord, name: string, depth: number): { readonly bits: number; readonly type: number } | null {
    if (depth > NESTING_MAX) return null
    for (let k = 0; k < type.count; k++) {
      const at = type.at + k * MEMBER_SIZE_BYTES
      const nameAt = this.#view.getUint32(at, true)
      const memberType = this.#view.getUint32(at + 4, true)
      const raw = this.#view.getUint32(at + 8, true)
      const bits = type.bitfields ? raw & 0xffffff : raw
      if (this.#isNamed(nameAt, name)) return { bits, type: memberType }
      if (!this.#isNamed(nameAt, '')) continue
      const anonymous = this.#struct(memberType)
      const found = anonymous === null ? null : this.#find(anonymous, name, depth + 1)
      if (found !== null) return { bits: bits + found.bits, type: found.type }
    }
    return null
  }

  /** The structure or union behind typedefs and qualifiers. */
  #struct(id: number): TypeRecord | null {
    let type = this.#type(id)
    for (let hop = 0; hop < NESTING_MAX && type !== null && MODIFIERS.has(type.kind); hop++) {
      type = this.#type(type.sizeOrType)
    }
    return type !== null && (type.kind === KIND.STRUCT || type.kind === KIND.UNION) ? type : null
  }

  #type(id: number): TypeRecord | null {
    const at = id === 0 ? undefined : this.#types[id]
    if (at === undefined) return null
    const info = this.#view.getUint32(at + 4, true)
    return {
      kind: (info >>> 24) & 0x1f,
      count: info & 0xffff,
      bitfields: info >>> 31 === 1,
      nameAt: this.#view.getUint32(at, true),
      sizeOrType: this.#view.getUint32(at + 8, true),
      at: at + TYPE_SIZE_BYTES,
    }
  }

  /** Compares in place: decoding the names of all the kernel's types would cost more than the rest together. */
  #isNamed(nameAt: number, name: string): boolean {
    const start = this.#namesAt + nameAt
    if (start + name.length >= this.#namesEnd) return false
    for (let i = 0; i < name.length; i++) if (this.#bytes[start + i] !== name.charCodeAt(i)) return false
    return this.#bytes[start + name.length] === 0
  }
}

function problem(reason: string): LinuxError {
  return new LinuxError('linux/btf', `Cannot read the kernel's type information: ${reason}`)
}

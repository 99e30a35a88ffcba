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

/** Bytes that follow the type record, by kind: so many, and so many per element. */
const EXTRA_FIXED = byKind([
  [KIND.INT, 4],
  [KIND.ARRAY, 12],
  [KIND.VAR, 4],
  [KIND.DECL_TAG, 4],
])
const EXTRA_EACH = byKind([
  [KIND.STRUCT, MEMBER_SIZE_BYTES],
  [KIND.UNION, MEMBER_SIZE_BYTES],
  [KIND.ENUM, 8],
  [KIND.FUNC_PROTO, 8],
  [KIND.DATASEC, 12],
  [KIND.ENUM64, 12],
])

function byKind(sizes: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(KIND_MAX + 1)
  for (const [kind, bytes] of sizes) table[kind] = bytes
  return table
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

/** Where every so many-th type is written down; those between are found by walking. */
const STEP = 64

interface TypeIndex {
  readonly count: number
  /** Where the record of type STEP * i starts; type ids count from 1, so the first of these is not used. */
  readonly steps: readonly number[]
  /** Where each structure is, by where its name is: of 150,000 types they are 10,000. */
  readonly structs: ReadonlyMap<number, number>
}

/** One pass over all types. */
function indexTypes(view: DataView, start: number, end: number): TypeIndex {
  const steps = [start]
  const structs = new Map<number, number>()
  let id = 0
  let at = start
  while (at + TYPE_SIZE_BYTES <= end) {
    id++
    if (id % STEP === 0) steps.push(at)
    const kind = kindOf(view.getUint32(at + 4, true))
    if (kind === 0 || kind > KIND_MAX) throw problem(`type ${id} is of unknown kind ${kind}`)
    if (kind === KIND.STRUCT) {
      const nameAt = view.getUint32(at, true)
      if (!structs.has(nameAt)) structs.set(nameAt, at)
    }
    at = nextType(view, at)
  }
  if (at !== end) throw problem('its last type is cut short')
  return { count: id, steps, structs }
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x1f
}

function nextType(view: DataView, at: number): number {
  const info = view.getUint32(at + 4, true)
  const kind = kindOf(info)
  return at + TYPE_SIZE_BYTES + (EXTRA_FIXED[kind] ?? 0) + (EXTRA_EACH[kind] ?? 0) * (info & 0xffff)
}

class Types implements Btf {
  readonly #view: DataView
  readonly #bytes: Buffer
  readonly #index: TypeIndex
  readonly #namesAt: number
  readonly #namesEnd: number

  constructor(view: DataView, bytes: Uint8Array, index: TypeIndex, namesAt: number, namesEnd: number) {
    this.#view = view
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#index = index
    this.#namesAt = namesAt
    this.#namesEnd = namesEnd
  }

  offsetOf(struct: string, path: string): number | null {
    const at = this.#findStruct(struct)
    const [first = '', ...rest] = path.split('.')
    return at === null ? null : this.#bytesTo(this.#typeAt(at), first, rest)
  }

  /** Looks for the name among the names: comparing it with that of every type would take longer than all the rest. */
  #findStruct(name: string): number | null {
    const text = Buffer.from(`${name}\0`, 'latin1')
    for (let at = this.#bytes.indexOf(text, this.#namesAt); at !== -1; at = this.#bytes.indexOf(text, at + 1)) {
      if (at + text.length > this.#namesEnd) return null
      const struct = this.#index.structs.get(at - this.#namesAt)
      if (struct !== undefined) return struct
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
    if (id < 1 || id > this.#index.count) return null
    const step = Math.floor(id / STEP)
    let at = this.#index.steps[step] ?? 0
    for (let k = Math.max(STEP * step, 1); k < id; k++) at = nextType(this.#view, at)
    return this.#typeAt(at)
  }

  #typeAt(at: number): TypeRecord {
    const info = this.#view.getUint32(at + 4, true)
    return {
      kind: kindOf(info),
      count: info & 0xffff,
      bitfields: info >>> 31 === 1,
      nameAt: this.#view.getUint32(at, true),
      sizeOrType: this.#view.getUint32(at + 8, true),
      at: at + TYPE_SIZE_BYTES,
    }
  }

  /** Compares in place, without a string for each name. */
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

import { LinuxError } from '../errors.ts'

/** A BPF register: r0 result, r1-r5 arguments (lost in a call), r6-r9 kept across calls, r10 stack frame (read only). */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10

/** An operand width in bytes. */
export type Width = 1 | 2 | 4 | 8

/** Unsigned comparisons, except for the one that names its sign. */
export type Comparison = '==' | '!=' | '>' | '>=' | '<' | 'signed <'

const INSTRUCTION_SIZE_BYTES = 8

/** The verifier's limit for a program without CAP_BPF; ours are far below it. */
export const INSTRUCTION_COUNT_MAX = 4096

const LOAD: Readonly<Record<Width, number>> = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 }
const STORE: Readonly<Record<Width, number>> = { 1: 0x73, 2: 0x6b, 4: 0x63, 8: 0x7b }
const STORE_CONSTANT: Readonly<Record<Width, number>> = { 1: 0x72, 2: 0x6a, 4: 0x62, 8: 0x7a }
const JUMP: Readonly<Record<Comparison, number>> = {
  '==': 0x15,
  '!=': 0x55,
  '>': 0x25,
  '>=': 0x35,
  '<': 0xa5,
  'signed <': 0xc5,
}
const COMPARE_REGISTER = 0x08
const PSEUDO_MAP_FD = 1
const ATOMIC_ADD_64 = 0xdb

interface Instruction {
  readonly op: number
  readonly dst: number
  readonly src: number
  readonly imm: number
  readonly off: number
  /** Where a jump goes; it becomes `off` when the program is complete. */
  readonly label: string | null
}

/**
 * Assembles one BPF program: a method per instruction, labels for jumps, bytes at the end. It knows the encoding and
 * nothing else; the kernel's verifier judges what the program does.
 *
 * @see Documentation/bpf/standardization/instruction-set.rst in the Linux source
 */
export class BpfAssembler {
  readonly #instructions: Instruction[] = []
  readonly #labels = new Map<string, number>()

  copy(dst: Register, src: Register): this {
    return this.#emit(0xbf, dst, src, 0, 0)
  }

  set(dst: Register, value: number): this {
    return this.#emit(0xb7, dst, 0, 0, value)
  }

  add(dst: Register, src: Register): this {
    return this.#emit(0x0f, dst, src, 0, 0)
  }

  addConstant(dst: Register, value: number): this {
    return this.#emit(0x07, dst, 0, 0, value)
  }

  subtract(dst: Register, src: Register): this {
    return this.#emit(0x1f, dst, src, 0, 0)
  }

  multiplyConstant(dst: Register, value: number): this {
    return this.#emit(0x27, dst, 0, 0, value)
  }

  andConstant(dst: Register, value: number): this {
    return this.#emit(0x57, dst, 0, 0, value)
  }

  /** dst = *(base + offset) */
  load(width: Width, dst: Register, base: Register, offset: number): this {
    return this.#emit(LOAD[width], dst, base, offset, 0)
  }

  /** *(base + offset) = src */
  store(width: Width, base: Register, offset: number, src: Register): this {
    return this.#emit(STORE[width], base, src, offset, 0)
  }

  storeConstant(width: Width, base: Register, offset: number, value: number): this {
    return this.#emit(STORE_CONSTANT[width], base, 0, offset, value)
  }

  /** *(u64 *)(base + offset) += src, atomically */
  atomicAdd(base: Register, offset: number, src: Register): this {
    return this.#emit(ATOMIC_ADD_64, base, src, offset, 0)
  }

  /** dst = the map of this file descriptor. Takes two instruction slots. */
  loadMap(dst: Register, fd: number): this {
    return this.#emit(0x18, dst, PSEUDO_MAP_FD, 0, fd).#emit(0, 0, 0, 0, 0)
  }

  jump(label: string): this {
    return this.#emit(0x05, 0, 0, 0, 0, label)
  }

  jumpIf(left: Register, comparison: Comparison, right: number, label: string): this {
    return this.#emit(JUMP[comparison], left, 0, 0, right, label)
  }

  jumpIfRegister(left: Register, comparison: Comparison, right: Register, label: string): this {
    return this.#emit(JUMP[comparison] | COMPARE_REGISTER, left, right, 0, 0, label)
  }

  call(helper: number): this {
    return this.#emit(0x85, 0, 0, 0, helper)
  }

  exit(): this {
    return this.#emit(0x95, 0, 0, 0, 0)
  }

  /** Names the next instruction. */
  label(name: string): this {
    if (this.#labels.has(name)) throw problem(`label ${name} is there twice`)
    this.#labels.set(name, this.#instructions.length)
    return this
  }

  /**
   * @returns the program's bytes, 8 per instruction, little endian
   * @throws LinuxError linux/bpf-assembler for a label that is missing, repeated or too far, or an operand out of range
   */
  assemble(): Uint8Array {
    if (this.#instructions.length > INSTRUCTION_COUNT_MAX) throw problem('the program is too long')
    const bytes = new Uint8Array(this.#instructions.length * INSTRUCTION_SIZE_BYTES)
    const view = new DataView(bytes.buffer)
    for (const [index, instruction] of this.#instructions.entries()) {
      const at = index * INSTRUCTION_SIZE_BYTES
      view.setUint8(at, instruction.op)
      view.setUint8(at + 1, instruction.dst | (instruction.src << 4))
      view.setInt16(at + 2, this.#distance(instruction, index), true)
      view.setInt32(at + 4, instruction.imm, true)
    }
    return bytes
  }

  #distance(instruction: Instruction, index: number): number {
    if (instruction.label === null) return instruction.off
    const target = this.#labels.get(instruction.label)
    if (target === undefined) throw problem(`there is no label ${instruction.label}`)
    return inRange(target - index - 1, 16, `distance to ${instruction.label}`)
  }

  #emit(op: number, dst: number, src: number, off: number, imm: number, label: string | null = null): this {
    this.#instructions.push({ op, dst, src, off: inRange(off, 16, 'offset'), imm: inRange(imm, 32, 'constant'), label })
    return this
  }
}

function inRange(value: number, bits: 16 | 32, what: string): number {
  const limit = 2 ** (bits - 1)
  if (Number.isInteger(value) && value >= -limit && value < limit) return value
  throw problem(`${what} ${value} does not fit ${bits} signed bits`)
}

function problem(reason: string): LinuxError {
  return new LinuxError('linux/bpf-assembler', `Cannot assemble the program: ${reason}`)
}

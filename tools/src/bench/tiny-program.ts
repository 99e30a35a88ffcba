/** A program that does nothing but end, as bytes of an ELF file: what a host can start most of in a second. */

const HEADER_BYTES = 64
const SEGMENT_BYTES = 56
const ADDRESS = 0x40_0000n
const CODE_AT = BigInt(HEADER_BYTES + SEGMENT_BYTES)
const TYPE_EXECUTABLE = 2
const SEGMENT_LOAD = 1
const READ_EXECUTE = 5

const MACHINES: Readonly<Record<string, { readonly number: number; readonly exit: string }>> = {
  x64: { number: 62, exit: 'b83c00000031ff0f05' }, // mov eax, 60; xor edi, edi; syscall
  arm64: { number: 183, exit: '000080d2a80b80d2010000d4' }, // mov x0, 0; mov x8, 93; svc 0
}

/**
 * @param architecture - as `process.arch` has it
 * @returns null where nobody wrote its three instructions
 */
export function tinyProgram(architecture: string): Uint8Array | null {
  const machine = MACHINES[architecture]
  if (machine === undefined) return null
  const code = Buffer.from(machine.exit, 'hex')
  const file = Buffer.alloc(HEADER_BYTES + SEGMENT_BYTES)
  file.write('\x7fELF\x02\x01\x01', 'latin1') // 64 bits, little endian, version 1
  file.writeUInt16LE(TYPE_EXECUTABLE, 16)
  file.writeUInt16LE(machine.number, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(ADDRESS + CODE_AT, 24) // where it begins
  file.writeBigUInt64LE(BigInt(HEADER_BYTES), 32)
  file.writeUInt16LE(HEADER_BYTES, 52)
  file.writeUInt16LE(SEGMENT_BYTES, 54)
  file.writeUInt16LE(1, 56)
  const segment = file.subarray(HEADER_BYTES)
  segment.writeUInt32LE(SEGMENT_LOAD, 0)
  segment.writeUInt32LE(READ_EXECUTE, 4)
  segment.writeBigUInt64LE(ADDRESS, 16)
  const bytes = CODE_AT + BigInt(code.length)
  segment.writeBigUInt64LE(bytes, 32)
  segment.writeBigUInt64LE(bytes, 40)
  segment.writeBigUInt64LE(4096n, 48)
  return Buffer.concat([file, code])
}

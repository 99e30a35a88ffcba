import process from 'node:process'

/** Whose system call numbers a rule or a record means: AUDIT_ARCH of linux/audit.h, with the calls that we ask for. */
export interface AuditArch {
  readonly arch: number
  readonly execve: number
  readonly execveat: number
  readonly connect: number
  readonly socket: number
}

type Machine = 'x64' | 'arm64'

/** Own programs first, then 32-bit ones, which a rule for the first would not see. */
const ARCHES: Readonly<Record<Machine, readonly AuditArch[]>> = {
  x64: [
    { arch: 0xc000003e, execve: 59, execveat: 322, connect: 42, socket: 41 },
    { arch: 0x40000003, execve: 11, execveat: 358, connect: 362, socket: 359 },
  ],
  arm64: [
    { arch: 0xc00000b7, execve: 221, execveat: 281, connect: 203, socket: 198 },
    { arch: 0x40000028, execve: 11, execveat: 387, connect: 283, socket: 281 },
  ],
}

export function auditArches(machine: string = process.arch): readonly AuditArch[] {
  return machine === 'arm64' || machine === 'x64' ? ARCHES[machine] : []
}

export const AF_INET = 2
export const AF_INET6 = 10

/** struct audit_rule_data: three words, then four arrays of 64, then the length of the text behind it. */
const AT = { flags: 0, action: 4, count: 8, mask: 12, fields: 268, values: 524, operators: 780, textLength: 1036 }
export const RULE_HEADER_BYTES = 1040
const FIELDS_MAX = 64

const FILTER_TASK = 1
const FILTER_EXIT = 4
const NEVER = 0
const ALWAYS = 2
const EQUAL = 0x4000_0000
const FIELD = { arch: 11, success: 104, addressFamily: 113, argument0: 200, key: 210 }

/**
 * The rules for one architecture, as AUDIT_ADD_RULE takes them: successful execs; connects and new sockets of IPv4
 * and IPv6. The kernel ignores what comes from tasks that it does not audit.
 */
export function auditRules(arch: AuditArch, key: string): readonly Buffer[] {
  const rule = (calls: readonly number[], field: number, value: number): Buffer => {
    const tests = [
      [FIELD.arch, arch.arch],
      [field, value],
    ] as const
    return encodeRule(calls, tests, key)
  }
  return [
    rule([arch.execve, arch.execveat], FIELD.success, 1),
    ...[AF_INET, AF_INET6].flatMap((family) => [
      rule([arch.connect], FIELD.addressFamily, family),
      rule([arch.socket], FIELD.argument0, family),
    ]),
  ]
}

/** Whoever starts from now on is not audited at all, whatever the other rules say. */
export function exemptionRule(key: string): Buffer {
  const rule = encodeRule([], [], key)
  rule.writeUInt32LE(FILTER_TASK, AT.flags)
  rule.writeUInt32LE(NEVER, AT.action)
  return rule
}

export function isExemption(rule: Buffer): boolean {
  if (rule.length < RULE_HEADER_BYTES) return false
  return rule.readUInt32LE(AT.flags) === FILTER_TASK && rule.readUInt32LE(AT.action) === NEVER
}

function encodeRule(calls: readonly number[], tests: readonly (readonly [number, number])[], key: string): Buffer {
  const text = Buffer.from(key, 'latin1')
  const bytes = Buffer.alloc(RULE_HEADER_BYTES + text.length)
  const fields = [...tests, [FIELD.key, text.length] as const]
  bytes.writeUInt32LE(FILTER_EXIT, AT.flags)
  bytes.writeUInt32LE(ALWAYS, AT.action)
  bytes.writeUInt32LE(fields.length, AT.count)
  for (const call of calls) {
    const word = AT.mask + 4 * (call >>> 5)
    bytes.writeUInt32LE((bytes.readUInt32LE(word) | (1 << (call & 31))) >>> 0, word)
  }
  for (const [k, [field, value]] of fields.entries()) {
    bytes.writeUInt32LE(field, AT.fields + 4 * k)
    bytes.writeUInt32LE(value, AT.values + 4 * k)
    bytes.writeUInt32LE(EQUAL, AT.operators + 4 * k)
  }
  bytes.writeUInt32LE(text.length, AT.textLength)
  text.copy(bytes, RULE_HEADER_BYTES)
  return bytes
}

/** @returns the key of a rule that the kernel listed; null when it has none */
export function ruleKey(rule: Buffer): string | null {
  if (rule.length < RULE_HEADER_BYTES) return null
  const count = Math.min(rule.readUInt32LE(AT.count), FIELDS_MAX)
  let at = RULE_HEADER_BYTES
  for (let k = 0; k < count; k++) {
    const field = rule.readUInt32LE(AT.fields + 4 * k)
    const length = rule.readUInt32LE(AT.values + 4 * k)
    if (field === FIELD.key) return rule.toString('latin1', at, at + length)
    if (HAS_TEXT.has(field)) at += length
  }
  return null
}

/** Fields whose value is a length of text: security labels, executables, folders, watches. */
const HAS_TEXT = new Set([13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 105, 107, 112])

/** @returns whether a rule reports this call at its end, whatever else it demands */
export function ruleCovers(rule: Buffer, call: number): boolean {
  if (rule.length < RULE_HEADER_BYTES) return false
  const filters = rule.readUInt32LE(AT.flags) === FILTER_EXIT && rule.readUInt32LE(AT.action) === ALWAYS
  return filters && (rule.readUInt32LE(AT.mask + 4 * (call >>> 5)) & (1 << (call & 31))) !== 0
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  auditArches,
  auditRules,
  exemptionRule,
  isExemption,
  RULE_HEADER_BYTES,
  ruleCovers,
  ruleKey,
} from './audit-rules.ts'

/** Numbers from the kernel's own tables, by what the sensor asks for. */
for (const [machine, arch, execve, execveat, connect] of [
  ['x64', 0xc000003e, 59, 322, 42],
  ['arm64', 0xc00000b7, 221, 281, 203],
] as const) {
  test(`${machine}: execs, connects and sockets of its own programs and of 32-bit ones`, () => {
    const [own, compat] = auditArches(machine)
    assert.ok(own !== undefined && compat !== undefined)
    assert.deepEqual([own.arch, own.execve, own.execveat, own.connect], [arch, execve, execveat, connect])
    const rules = auditRules(own, 'key')
    assert.equal(rules.length, 5)
    assert.deepEqual(
      rules.map((rule) => [ruleCovers(rule, execve), ruleCovers(rule, execveat), ruleCovers(rule, connect)]),
      [
        [true, true, false],
        [false, false, true],
        [false, false, false],
        [false, false, true],
        [false, false, false],
      ],
    )
    assert.equal(rules[0]?.readUInt32LE(524), arch) // its first test: the architecture
    assert.notEqual(compat.arch, own.arch)
  })
}

test('elsewhere there are no rules', () => assert.deepEqual(auditArches('riscv64'), []))

test('the key of a rule is found behind other texts', () => {
  const [arch] = auditArches('x64')
  assert.ok(arch !== undefined)
  const [rule = Buffer.alloc(0)] = auditRules(arch, 'firebreak-9-8-e0f1b64w15000')
  assert.equal(ruleKey(rule), 'firebreak-9-8-e0f1b64w15000')
  // -F subj_user=root in front of the key
  const longer = Buffer.concat([
    rule.subarray(0, RULE_HEADER_BYTES),
    Buffer.from('root'),
    rule.subarray(RULE_HEADER_BYTES),
  ])
  longer.writeUInt32LE(4, 8)
  longer.writeUInt32LE(210, 268 + 12)
  longer.writeUInt32LE(longer.readUInt32LE(524 + 8), 524 + 12)
  longer.writeUInt32LE(13, 268 + 8)
  longer.writeUInt32LE(4, 524 + 8)
  assert.equal(ruleKey(longer), 'firebreak-9-8-e0f1b64w15000')
})

for (const bytes of [
  Buffer.alloc(0),
  Buffer.alloc(100),
  Buffer.alloc(RULE_HEADER_BYTES, 0xff),
  Buffer.alloc(RULE_HEADER_BYTES),
]) {
  test(`no rule of ours: ${bytes.length} bytes of ${bytes[0] ?? 'nothing'}`, () => {
    assert.equal(ruleKey(bytes), null)
    assert.equal(ruleCovers(bytes, 59), false)
    assert.equal(isExemption(bytes), false)
  })
}

test('an exemption is one', () => {
  const rule = exemptionRule('firebreak-idle')
  assert.deepEqual([isExemption(rule), ruleKey(rule), ruleCovers(rule, 59)], [true, 'firebreak-idle', false])
})

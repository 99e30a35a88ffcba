import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseTracepointIds, readTracepointIds, SYSCALL_TRACEPOINTS } from './tracefs.ts'

const HANDED_ON: readonly (readonly [string, string, Readonly<Record<string, number>>])[] = [
  ['all of it', '{"sys_enter_bind":12,"sys_exit_bind":13}', { sys_enter_bind: 12, sys_exit_bind: 13 }],
  ['nothing', '{}', {}],
  ['names that nobody asked for', '{"sys_enter_execve":1,"__proto__":2}', {}],
  ['numbers that are none', '{"sys_enter_bind":"12","sys_exit_bind":1.5,"sys_enter_ptrace":null}', {}],
  ['numbers that no tracepoint has', '{"sys_enter_bind":0,"sys_exit_bind":-1,"sys_enter_ptrace":1e300}', {}],
]

for (const [name, given, expected] of HANDED_ON) {
  test(`handed on: ${name}`, () => assert.deepEqual(parseTracepointIds(given), expected))
}

test('reading changes no mount, leaves no descriptor, and can be handed on', () => {
  const state = () => [readdirSync('/proc/self/fd').length, readFileSync('/proc/self/mountinfo', 'utf8')]
  const before = state()
  const ids = readTracepointIds()
  assert.deepEqual(state(), before)
  assert.deepEqual(parseTracepointIds(JSON.stringify(ids)), ids)
  const numbers = Object.values(ids)
  assert.equal(new Set(numbers).size, numbers.length)
  assert.ok(numbers.length <= SYSCALL_TRACEPOINTS.length)
})

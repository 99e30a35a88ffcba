import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { test } from 'node:test'
import { onlineCpu, parseCpus, possibleCpuCount } from './cpus.ts'

const LISTS: readonly (readonly [string, readonly number[]])[] = [
  ['0\n', [0]],
  ['0-3\n', [0, 3]],
  ['0-3,8,12-255\n', [0, 3, 8, 12, 255]],
  ['1', [1]],
]

for (const [text, ends] of LISTS) test(`CPUs ${text.trim()}`, () => assert.deepEqual(parseCpus(text), ends))

for (const text of ['', '\n', '-1', '0-', '0-3,', '0x1', '0 1', '123456', '0\n0', 'none']) {
  test(`no list of CPUs: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseCpus(text), { code: 'linux/sensor-unavailable' })
  })
}

test('this machine has them', { skip: process.platform === 'linux' ? false : 'needs Linux' }, () => {
  assert.ok(possibleCpuCount() >= availableParallelism())
  assert.ok(onlineCpu() < possibleCpuCount())
})

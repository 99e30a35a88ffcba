import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration, evidenceText, hostCount, percent, whole } from './words.ts'

test('numbers as people read them', () => {
  assert.deepEqual([0, 999, 1_000, 8_500_000].map(whole), ['0', '999', '1,000', '8,500,000'])
  assert.deepEqual([1, 2, 12_000].map(hostCount), ['1 host', '2 hosts', '12,000 hosts'])
  assert.deepEqual([50_000, 1, 1_000_000].map(percent), ['5 %', '0.0001 %', '100 %'])
  assert.deepEqual([0, 1, 90_000, 900_000, 86_400_000].map(duration), ['0 s', '1 s', '90 s', '15 min', '24 h'])
})

test('evidence: rounded down, and never a number that nobody can read', () => {
  const shown = [0.4, 1, 37, 1_234, 1e6, 1.25e9, 3e27].map((evidence) => evidenceText(Math.log(evidence)))
  assert.deepEqual(shown, ['below 1', '1', '37', '1,200', '1,000,000', '1,200,000,000', '3e27'])
})

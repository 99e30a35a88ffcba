import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUsers } from './enrich.ts'

const PASSWD: readonly (readonly [string, string, readonly (readonly [number, string])[]])[] = [
  [
    'ordinary lines',
    'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n',
    [
      [0, 'root'],
      [1000, 'ann'],
    ],
  ],
  ['two names for one id: the first', 'root:x:0:\ntoor:x:0:\n', [[0, 'root']]],
  ['broken lines are passed over', 'x\n\n:::\nb:x:-1:\nc:x:1e3:\nd:x::\n+::::::\ne:x:5:5', [[5, 'e']]],
  ['an empty file', '', []],
]

for (const [name, text, expected] of PASSWD) {
  test(`users: ${name}`, () => assert.deepEqual([...parseUsers(text)], expected))
}

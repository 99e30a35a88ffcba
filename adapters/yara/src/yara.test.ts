import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { compileYara, loadYara, OFFSETS_MAX } from './yara.ts'

loadYara()
const LIMITS = { timeMs: 2_000, matchesMax: 100 }

test('a match says rule, namespace, tags and the first offsets; private rules and patterns stay private', () => {
  const text = `private rule hidden { condition: true }
rule found : one two { strings: $a = "ab" $p = "b" private condition: hidden and $a and $p }
rule not_found { strings: $a = "zz" condition: $a }`
  const { rules, files, problems } = compileYara([{ name: 'yara/a.yar', text }])
  assert.deepEqual([files, problems], [1, []])
  assert.deepEqual(rules.scan(utf8Encode('xab'.repeat(10)), LIMITS), {
    matches: [
      {
        rule: 'found',
        namespace: 'yara/a.yar',
        tags: ['one', 'two'],
        patterns: [{ identifier: '$a', offsets: [1, 4, 7, 10].slice(0, OFFSETS_MAX) }],
      },
    ],
    dropped: 0,
  })
  assert.deepEqual(rules.scan(new Uint8Array(0), LIMITS), { matches: [], dropped: 0 })
})

test('every problem of every file has its place, and good files run', () => {
  const { rules, files, problems } = compileYara([
    { name: 'a.yar', text: 'rule a { condition: b }\n  rule c { condition: d }' },
    { name: 'b.yar', text: 'rule a {' },
    { name: 'c.yar', text: 'include "/etc/passwd"\nrule i { condition: true }' },
    { name: 'd.yar', text: 'rule good { condition: true }' },
  ])
  assert.deepEqual(
    problems.map(({ file, line, column }) => `${file}:${line}:${column}`),
    ['a.yar:1:21', 'a.yar:2:23', 'b.yar:1:9', 'c.yar:1:1'],
  )
  assert.match(problems[0]?.message ?? '', /unknown identifier `b`/)
  assert.equal(files, 1)
  assert.deepEqual(
    rules.scan(utf8Encode('x'), LIMITS).matches.map(({ rule }) => rule),
    ['good'],
  )
})

test('matches beyond the limit are counted', () => {
  const text = Array.from({ length: 5 }, (_, i) => `rule r${i} { condition: true }`).join('\n')
  const { matches, dropped } = compileYara([{ name: 'a', text }]).rules.scan(utf8Encode('x'), {
    ...LIMITS,
    matchesMax: 2,
  })
  assert.deepEqual([matches.length, dropped], [2, 3])
})

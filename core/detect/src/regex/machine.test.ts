import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex, ContentError, regexCost, regexLayout } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'
import { createRegexMachine, type RegexMachine } from './index.ts'
import { BitParallelNfa } from './nfa.ts'
import { StateCache } from './state-cache.ts'

const PLAIN = { ignoreCase: false, multiline: false, dotAll: false }

/** One machine remembers what it has met, the other next to nothing: it runs on the nondeterministic automaton. */
const CACHES: readonly (number | undefined)[] = [undefined, 0]

function matches(pattern: string, text: string, flags: Partial<typeof PLAIN> = {}): boolean {
  const program = compileRegex(pattern, { ...PLAIN, ...flags })
  const [one, other] = CACHES.map((bytesMax) => read(createRegexMachine(program, bytesMax), text))
  assert.equal(one, other, `/${pattern}/ on ${JSON.stringify(text)} depends on the cache`)
  return one as boolean
}

/** Between bytes that are none of the text. */
function read(machine: RegexMachine, text: string): boolean {
  const bytes = utf8Encode(`ab\n${text}ba_`)
  return machine.matches(bytes, 3, bytes.length - 3)
}

/** Pattern, texts that match, texts that do not. */
const rows: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['', ['', 'a'], []],
  ['a', ['a', 'bab'], ['', 'A', 'b']],
  ['a|b|', ['', 'x'], []],
  ['ab|cd', ['xaby', 'cd'], ['ac', 'bd']],
  ['a.c', ['abc', 'a\rc', 'a\u2028c', 'a\u{1f600}c'], ['a\nc', 'ac', 'abbc']],
  ['(?s)a.c', ['a\nc'], []],
  ['(?s:a.)c.', ['a\ncx'], ['a\nc\n']],
  ['^a', ['ab'], ['ba', '\na']],
  ['(?m)^a', ['b\na'], ['ba', 'b\r\ra']],
  ['a$', ['ba'], ['a\n', 'ab']],
  ['(?m)a$', ['a\nb'], ['a\r']],
  ['(?m)\\Aa\\z', ['a'], ['b\na', 'a\nb']],
  ['^$', [''], ['a', '\n']],
  ['$^', [''], ['a']],
  ['a^b', [], ['ab', 'a\nb']],
  ['\\bcat\\b', ['cat', 'a cat.'], ['cats', 'concat', '_cat']],
  ['\\Bat', ['cat'], ['at', ' at']],
  ['\\bé', [], ['é', ' é']],
  ['\\B', ['', ' ', '!!'], ['a']],
  ['a?', ['', 'b'], []],
  ['xa*?y', ['xy', 'xaay'], ['xa']],
  ['xa+?y', ['xay', 'xaay'], ['xy']],
  ['^a{3}$', ['aaa'], ['aa', 'aaaa']],
  ['^a{2,}$', ['aa', 'aaaaa'], ['', 'a']],
  ['^a{1,3}?$', ['a', 'aaa'], ['', 'aaaa']],
  ['^a{0,2}b$', ['b', 'aab'], ['aaab']],
  ['^a{0}b$', ['b'], ['ab']],
  ['a{,2}', ['a{,2}'], ['aa']],
  ['a{', ['a{'], ['a']],
  ['a{1', ['a{1'], ['a']],
  ['}]', ['}]'], ['}']],
  ['^(a*)*$', ['', 'aaa'], ['b']],
  ['^(a?b?)+$', ['', 'abba'], ['c']],
  ['(|a)*b', ['b', 'aab'], ['a']],
  ['[]a]', [']', 'a'], ['b']],
  ['[^]a]', ['b'], [']', 'a']],
  ['[a-]', ['a', '-'], ['b']],
  ['[-a]', ['-'], ['b']],
  ['^[a-c-e]$', ['b', '-', 'e'], ['d']],
  ['^[\\d-z]$', ['5', '-', 'z'], ['y']],
  ['^[\\w+|\\s]$', ['a', '+', '|', ' '], ['-']],
  ['^[^\\s\\S]$', [], ['', 'a']],
  ['^[\\x41-\\x{43}]$', ['A', 'C'], ['D', 'x']],
  ['^[[a]$', ['[', 'a'], [']']],
  ['^[\\]\\\\]$', [']', '\\'], ['a']],
  ['\\d', ['5'], ['٥', 'a']],
  ['^\\s$', ['\t', '\n', '\f', '\r', ' '], ['\v', '\u00a0']],
  ['^\\S$', ['\v', 'a'], [' ']],
  ['^\\w$', ['_', 'a', '0'], ['é', '-']],
  ['^\\W\\D$', ['é-'], ['a-', '-1']],
  ['^\\t\\n\\r\\f\\v\\a$', ['\t\n\r\f\v\u0007'], ['tnrfva']],
  ['\\x{1f600}', ['a\u{1f600}'], ['\ud83d', '\ude00']],
  ['^.$', ['\u{1f600}', '\ud83d'], ['\u{1f600}\u{1f600}', '\ud83d\ud83d']],
  ['^[^a]$', ['\u{1f600}', '\u{10ffff}'], ['a', 'bb']],
  ['[\u{1f600}-\u{1f64f}]', ['\u{1f610}'], ['\u{1f680}', '\ud83d']],
  ['\\.\\*\\_\\ ', ['.*_ '], ['a*_ ']],
  ['(?i)straße', ['STRAßE'], ['strasse']],
  ['(?i)k', ['K', '\u212a'], ['c']],
  ['(?i)^\\w$', ['K', '\u212a'], ['é']],
  ['(?i)^\\W$', ['é'], ['K', '\u212a']],
  ['^\\w$', ['K'], ['\u212a']],
  ['(?i)[k-m]', ['L', '\u212a'], ['n']],
  ['(?i)^[^a]$', ['b'], ['a', 'A']],
  ['(?i)И', ['и'], ['й']],
  ['a(?i)b|c', ['aB', 'C'], ['AB']],
  ['(a(?i)b)c', ['aBc'], ['aBC', 'ABc']],
  ['(?i:a)b', ['Ab'], ['AB']],
  ['(?i)a(?-i)b', ['Ab'], ['aB']],
  ['(?is-m:a.b)', ['A\nB'], ['ab']],
  ['(?P<n>a)(?<m>b)(?:c)', ['abc'], ['ab']],
  ['(?U)a+', ['a'], ['']],
]

for (const [pattern, yes, no] of rows) {
  test(`/${pattern}/`, () => {
    for (const text of yes) assert.ok(matches(pattern, text), `must match ${JSON.stringify(text)}`)
    for (const text of no) assert.ok(!matches(pattern, text), `must not match ${JSON.stringify(text)}`)
  })
}

test('flags given beside the pattern are those within it', () => {
  assert.ok(matches('a.b', 'A\nB', { ignoreCase: true, dotAll: true }))
  assert.ok(matches('^b$', 'a\nB\nc', { ignoreCase: true, multiline: true }))
  assert.ok(!matches('(?-i)a', 'A', { ignoreCase: true }))
})

test('what is left out may lie on either side of the end of a word of a set', () => {
  for (let before = 24; before <= 68; before++) {
    const start = 'a'.repeat(before)
    for (const text of [`${start}c`, `${start}bc`]) assert.ok(matches(`^a{${before}}b?c$`, text), text)
    for (const text of [`${start}bb`, `${start}ac`, start]) assert.ok(!matches(`^a{${before}}b?c$`, text), text)
    assert.ok(matches(`^a{${before}}(?:bb)?c$`, `${start}c`))
    assert.ok(!matches(`^a{${before}}(?:bb)?c$`, `${start}bc`))
  }
})

test('a machine keeps nothing from one text to the next', () => {
  for (const bytesMax of CACHES) {
    const machine = createRegexMachine(compileRegex('^ab+c$', PLAIN), bytesMax)
    for (let i = 0; i < 3; i++) {
      assert.ok(read(machine, 'abbc'))
      assert.ok(!read(machine, 'abb'))
      assert.ok(!read(machine, ''))
    }
  }
})

test('nothing is read outside the bytes given, wherever they are said to be', () => {
  const machine = createRegexMachine(compileRegex('^.*b|é', PLAIN))
  const bytes = utf8Encode('aébé')
  assert.equal(machine.matches(bytes, 0, 1), false)
  // The first half of é, then its second.
  assert.equal(machine.matches(bytes, 0, 2), false)
  assert.equal(machine.matches(bytes, 2, 3), false)
  assert.equal(machine.matches(bytes, -5, 99), true)
  assert.equal(machine.matches(bytes, 3, 2), false)
  assert.equal(machine.matches(bytes, 99, 100), false)
})

test('a program that the verifier refuses makes no machine', () => {
  const program = compileRegex('a', PLAIN).with(1, 0)
  assert.throws(
    () => createRegexMachine(program),
    (error) => error instanceof ContentError && error.code === 'content/image-regex',
  )
})

test('a program at any offset of a buffer works', () => {
  const program = compileRegex('b+c', PLAIN)
  const buffer = new Uint32Array(program.length + 3)
  buffer.set(program, 3)
  assert.ok(read(createRegexMachine(buffer.subarray(3)), 'abbc'))
})

const TEXT_CHARS = 32_768

/** Patterns on which a backtracking matcher takes hours at this length; the first two are quartic, as in SigmaHQ. */
const hostile: readonly (readonly [name: string, pattern: string, repeated: string])[] = [
  ['quartic clip', '(?i)echo.*clip.*&&.*(Clipboard|x)', 'echo clip && '],
  ['quartic stdin', '(?i)cmd.{0,5}(?:/c|/r).+powershell.+(?:\\$\\{?input\\}?|noexit).+"z', 'cmd /c powershell noexit '],
  ['exponential', '^(a+)+$', 'a'.repeat(12) + '!'],
  ['exponential alternatives', '(?:a|a|aa)*$(?:b)', 'a'],
  ['bounded repeat', 'a.{500}b{3}', 'aab'],
  ['open bounded repeat', '(?:.){200,}!', 'a'],
  ['nested stars', '(?:(?:a*)*)*c', 'aab'],
]

for (const [name, pattern, repeated] of hostile) {
  test(`ends within its declared cost on ${TEXT_CHARS} hostile characters: ${name}`, () => {
    const text = repeated.repeat(TEXT_CHARS / repeated.length)
    assert.ok(regexCost(compileRegex(pattern, PLAIN)) < 200)
    assert.equal(matches(pattern, text), false)
  })
}

test('a text that fills the cache does not change what the machine says, then or after', () => {
  const machine = createRegexMachine(compileRegex('a.{40}b!', PLAIN))
  // Every stretch of this sequence is new: each leads to a state of its own.
  let bits = 1
  const noise = Array.from({ length: 40_000 }, () => {
    bits = (bits >>> 1) ^ (-(bits & 1) & 0xd0000001)
    return 'ab'[bits & 1]
  }).join('')
  for (let i = 0; i < 3; i++) {
    assert.ok(!read(machine, noise))
    assert.ok(read(machine, `a${'x'.repeat(40)}b!`))
    assert.ok(read(machine, `${noise}a${'b'.repeat(40)}b!`))
  }
})

test('states that differ in the highest bit of a word are told apart: an ordinary text does not fill the cache', () => {
  const program = compileRegex('^[a-c]{40,100}x', { ignoreCase: false, multiline: false, dotAll: false })
  const machine = createRegexMachine(program)
  const text = utf8Encode(`${'abc'.repeat(33)}x`)
  assert.equal(machine.matches(text, 0, text.length), true)
  const layout = regexLayout(program)
  const words = new Int32Array(program.buffer, program.byteOffset, program.length)
  const nfa = new BitParallelNfa(program, words, layout)
  const cache = new StateCache(nfa)
  const rows = new Set<number>()
  for (let position = 0; position < 32 * nfa.setWords; position++) {
    const state = new Int32Array(cache.stateWords)
    state[position >>> 5] = 1 << (position & 31)
    rows.add(cache.rowOf(state))
  }
  assert.equal(cache.isFull, false)
  assert.equal(rows.size, 32 * nfa.setWords)
})

/** The machine against two independent ones: re2js, whose semantics it has, and JavaScript's own where they agree. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { compileRegex } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { createRegexMachine } from './index.ts'

const flags = fc.record({ ignoreCase: fc.boolean(), multiline: fc.boolean(), dotAll: fc.boolean() })
type Flags = { readonly ignoreCase: boolean; readonly multiline: boolean; readonly dotAll: boolean }

/** `\v` apart, which only JavaScript counts as `\s`, every character means the same to all three. */
const TEXT_ALPHABET = ['a', 'b', 'k', 'K', 'A', 'z', '0', '_', '-', ' ', '\n', '\u212a', 'é', 'É', '\u{1f600}']
const text = fc.array(fc.constantFrom(...TEXT_ALPHABET), { maxLength: 14 }).map((all) => all.join(''))

const atom = fc.constantFrom('a', 'b', 'k', 'K', 'é', ' ', '-', '.', '\\n', '\\x41', '\u{1f600}', '0')
const named = fc.constantFrom('\\d', '\\D', '\\w', '\\W', '\\s', '\\S')
const asserted = fc.constantFrom('^', '$', '\\b', '\\B')
const member = fc.constantFrom('a', 'b', 'a-c', 'K', 'A-L', 'é', '\\x{20}-0', '\\d', '\\s', '\\w', '\u{1f600}')
const characterClass = fc
  .tuple(fc.constantFrom('', '^'), fc.array(member, { minLength: 1, maxLength: 3 }))
  .map(([sign, members]) => `[${sign}${members.join('')}]`)
const quantifier = fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '{1,3}', '*?', '+?', '??', '{1,2}?')

function expression(inlineFlags: boolean): fc.Arbitrary<string> {
  const openings = inlineFlags ? ['(', '(?:', '(?i:', '(?s:', '(?m:', '(?-i:'] : ['(', '(?:']
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 3, arbitrary: fc.oneof(atom, named, asserted, characterClass) },
      { weight: 2, arbitrary: fc.array(tie('node'), { maxLength: 4 }).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...openings), tie('node')).map(([open, a]) => `${open}${a})`) },
      { weight: 2, arbitrary: fc.tuple(tie('node'), quantifier).map(([a, q]) => `(?:${a})${q}`) },
    ),
  })).node
}

/** Room for all states, for a few, so that the cache fills within a text, and for none. */
const CACHES = [undefined, 600, 0]

function ours(pattern: string, { ignoreCase, multiline, dotAll }: Flags): (text: string) => boolean {
  const program = compileRegex(pattern, { ignoreCase, multiline, dotAll })
  const machines = CACHES.map((bytesMax) => createRegexMachine(program, bytesMax))
  return (one) => {
    const bytes = utf8Encode(one)
    const [found, ...others] = machines.map((machine) => machine.matches(bytes, 0, bytes.length))
    for (const other of others)
      assert.equal(other, found, `/${pattern}/ on ${JSON.stringify(one)} depends on the cache`)
    return found as boolean
  }
}

function re2(pattern: string, { ignoreCase, multiline, dotAll }: Flags): (text: string) => boolean {
  const bits =
    (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0)
  const compiled = RE2JS.compile(pattern, bits)
  return (one) => compiled.matcher(one).find()
}

test('agrees with re2js', () => {
  fc.assert(
    fc.property(expression(true), flags, fc.array(text, { minLength: 4, maxLength: 8 }), (pattern, f, texts) => {
      const [left, right] = [ours(pattern, f), re2(pattern, f)]
      for (const one of texts) assert.equal(left(one), right(one), `/${pattern}/ on ${JSON.stringify(one)}`)
    }),
    { numRuns: 1_500 },
  )
})

test('agrees with RegExp, where JavaScript means the same', () => {
  fc.assert(
    fc.property(expression(false), flags, fc.array(text, { minLength: 4, maxLength: 8 }), (pattern, f, texts) => {
      // With `i`, JavaScript widens \b too; and with `u` its \B holds between the halves of a surrogate pair.
      fc.pre(!pattern.includes('\\B') && !(f.ignoreCase && pattern.includes('\\b')))
      const letters = `u${f.ignoreCase ? 'i' : ''}${f.multiline ? 'm' : ''}${f.dotAll ? 's' : ''}`
      const js = new RegExp(pattern.replaceAll('\\x{20}', ' '), letters)
      const machine = ours(pattern, f)
      // V8 looks for what ends in $ from the end, and lands within a surrogate pair: /[^a]$/u misses U+1F600.
      const comparable = pattern.includes('$') ? texts.filter((one) => !one.includes('\u{1f600}')) : texts
      for (const one of comparable) assert.equal(machine(one), js.test(one), `/${pattern}/ on ${JSON.stringify(one)}`)
    }),
    { numRuns: 1_500 },
  )
})

test('hostile patterns: what compiles here compiles in re2js and means the same', () => {
  const piece = fc.constantFrom(...'abx1,-^$.*+?{}()[]|\\:i&'.split(''), '(?i)', '(?:', '{1,2}', '\\d', '[^', '\\b')
  let compiled = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), flags, text, (pieces, f, one) => {
      const pattern = pieces.join('')
      const machine = tryOrNull(() => ours(pattern, f))
      const oracle = tryOrNull(() => re2(pattern, f))
      if (machine) compiled++
      if (machine) assert.ok(oracle, `/${pattern}/ compiled here only`)
      if (machine && oracle) assert.equal(machine(one), oracle(one), `/${pattern}/ on ${JSON.stringify(one)}`)
    }),
    { numRuns: 4_000 },
  )
  assert.ok(compiled > 400, `only ${compiled} patterns compiled`)
})

function tryOrNull<T>(attempt: () => T): T | null {
  try {
    return attempt()
  } catch {
    return null
  }
}

const SIGMA = path.join(import.meta.dirname, '../../../../../shared/data/sigma')

test('every regular expression of the public Sigma rules compiles, and agrees with re2js', (t) => {
  if (!existsSync(SIGMA)) return t.skip('the Sigma rules are not beside this repository')
  const patterns = sigmaPatterns()
  assert.ok(patterns.size > 100, `${patterns.size} patterns found`)
  for (const [pattern, f] of patterns) {
    const [left, right] = [ours(pattern, f), re2(pattern, f)]
    for (const one of textsFor(pattern)) {
      assert.equal(left(one), right(one), `/${pattern}/ on ${JSON.stringify(one.slice(0, 60))}`)
    }
  }
})

const COMMON_TEXTS = ['', 'cmd.exe /c echo clip && powershell -enc AAAA', 'C:\\__10000000000.1', 'https://1.2.3.4/a']
const LONG_CHARS = [250, 1_100]
const MIXED_TEXTS = 12

/** Ordinary texts, long lines, and pieces of the expression itself in any order: the same in every run. */
function textsFor(pattern: string): readonly string[] {
  const words = pattern.match(/[\w .:/&{}$"-]+|\W/g) ?? ['x']
  const mixed = Array.from({ length: MIXED_TEXTS }, (_, round) => {
    return Array.from(
      { length: 4 + 8 * round },
      (__, i) => words[(i * (7 + round) + round * round) % words.length],
    ).join('')
  })
  const long = LONG_CHARS.flatMap((length) => ['x'.repeat(length), `${pattern}\n`.repeat(length / 50)])
  return [...COMMON_TEXTS, ...long, ...mixed, pattern, pattern.replaceAll('\\', '')]
}

/** Reads `field|re: value` and lists of values by line: enough YAML for these rules, and no dependency for it. */
function sigmaPatterns(): ReadonlyMap<string, Flags> {
  const found = new Map<string, Flags>()
  for (const file of readdirSync(SIGMA, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.yml')) continue
    let open: { readonly modifiers: string; readonly indent: number } | null = null
    for (const line of readFileSync(path.join(SIGMA, file), 'utf8').split('\n')) {
      const indent = line.search(/\S/)
      const key = /^[\s-]*[\w.-]*\|re((?:\|[ims])*):\s*(.*)$/.exec(line)
      const item = open && indent >= open.indent ? /^\s*- (.*)$/.exec(line) : null
      if (key) open = { modifiers: key[1] ?? '', indent: line.search(/[^\s-]/) }
      else if (!item) open = null
      const value = scalar(key?.[2] ?? item?.[1] ?? '')
      if (open && value !== '') found.set(value, flagsOf(open.modifiers))
    }
  }
  return found
}

function flagsOf(modifiers: string): Flags {
  return { ignoreCase: modifiers.includes('i'), multiline: modifiers.includes('m'), dotAll: modifiers.includes('s') }
}

function scalar(source: string): string {
  const quoted = /^'((?:[^']|'')*)'/.exec(source)
  if (quoted) return (quoted[1] as string).replaceAll("''", "'")
  const double = /^"(?:[^"\\]|\\.)*"/.exec(source)
  if (double) return JSON.parse(double[0]) as string
  return source.replace(/(^|\s)#.*$/, '').trim()
}

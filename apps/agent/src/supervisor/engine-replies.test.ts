import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { parseReady, parseRefused } from './engine-replies.ts'
import { printable } from './last-words.ts'
import { parseStat } from './process-usage.ts'

const bytes = (text: string): Uint8Array => utf8Encode(text)

test('the answers of an engine', () => {
  assert.deepEqual(parseReady(bytes('{"engineVersion":"1.2.3","pack":"p","rules":7}')), {
    engineVersion: '1.2.3',
    tuningRefusal: null,
    wants: [],
  })
  assert.deepEqual(parseReady(bytes('{"engineVersion":"1.2.3","wants":["Hashes"]}')).wants, ['Hashes'])
  assert.deepEqual(parseRefused(bytes('{"code":"bug/TypeError","message":"x"}')), {
    code: 'bug/TypeError',
    message: 'x',
  })
})

test('a message is text for people: cut, and without anything that a terminal obeys', () => {
  const message = `\u001b[2J\u009b1m\n${'x'.repeat(2_000)}`
  const { message: shown } = parseRefused(bytes(JSON.stringify({ code: 'a/b', message })))
  assert.equal(shown.length, 512)
  assert.match(shown, /^ \[2J 1m x+$/)
})

/** Each as READY and, where it has a code, as REFUSED. */
const HOSTILE: readonly (readonly [name: string, json: string])[] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a text', '"1.0.0"'],
  ['nothing in it', '{}'],
  ['only a prototype', '{"__proto__":{"engineVersion":"1.0.0","code":"a/b","message":"x"}}'],
  ['only a constructor', '{"constructor":{"prototype":{"engineVersion":"1.0.0","code":"a/b","message":"x"}}}'],
  ['objects that would be texts', '{"engineVersion":{"toString":"1.0.0"},"code":{"toString":"a/b"},"message":"x"}'],
  ['lists that would be texts', '{"engineVersion":["1.0.0"],"code":["a/b"],"message":["x"]}'],
  ['words for a version and a code', '{"engineVersion":"__proto__","code":"__proto__","message":"x"}'],
  ['a path for a code', '{"engineVersion":"../1.0.0","code":"../../etc","message":"x"}'],
  ['a second line', '{"engineVersion":"1.0.0\\n","code":"a/b\\n","message":"x"}'],
  ['a code without end', `{"engineVersion":"1.0.0${'0'.repeat(99)}","code":"a/${'b'.repeat(64)}","message":"x"}`],
  ['numbers', '{"engineVersion":1,"code":2,"message":3}'],
  ['a wish that is no field', '{"engineVersion":"1.0.0","wants":["a b"]}'],
  ['more wishes than fields', `{"engineVersion":"1.0.0","wants":[${Array(17).fill('"A"').join()}]}`],
  ['a refusal that is none', '{"engineVersion":"1.0.0","tuningRefusal":{"code":"x"},"code":"x","message":"x"}'],
  ['too much', `{"engineVersion":"1.0.0","code":"a/b","message":"${'x'.repeat(70_000)}"}`],
  ['depth', '['.repeat(60_000)],
]

for (const [name, json] of HOSTILE) {
  test(`malformed: ${name}`, () => {
    assert.throws(() => parseReady(bytes(json)), { code: 'kernel/malformed' })
    assert.throws(() => parseRefused(bytes(json)), { code: 'kernel/malformed' })
    assert.deepEqual(Object.keys(Object.prototype), [])
  })
}

test('keys that would reach a prototype are neither read nor passed on', () => {
  const planted =
    '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":1'
  const ready = parseReady(bytes(`{"engineVersion":"1.0.0",${planted}}`))
  const refused = parseRefused(bytes(`{"code":"a/b","message":"x",${planted}}`))
  assert.deepEqual(Reflect.ownKeys(ready), ['engineVersion', 'tuningRefusal', 'wants'])
  assert.deepEqual(Reflect.ownKeys(refused), ['code', 'message'])
  for (const one of [ready, refused, {}]) {
    assert.equal((one as { polluted?: unknown }).polluted, undefined)
    assert.equal(Object.getPrototypeOf(one), Object.prototype)
  }
})

test('of what a process writes to its standard error only text comes out', () => {
  assert.equal(printable(bytes('a\n\u001b]0;x\u0007\r\0b\u00e9')), 'a\n?]0;x???b??')
})

/** 300 pages: 1,200 KiB where a page has four. */
const STAT_REST = `1 1 1 0 -1 4194560 1 2 3 4 12 34 5 6 20 0 8 0 100 200 300 ${'0 '.repeat(28)}`

test('a process’s name says nothing about its state', () => {
  for (const name of ['node', ') T 1 (x', 'a) R 1 1 1', '()))', '\n) Z']) {
    const { memoryKiB, ...rest } = parseStat(`7 (${name}) S ${STAT_REST}`) ?? { memoryKiB: 0 }
    assert.deepEqual(rest, { state: 'sleeping', cpuMs: 460 }, name)
    assert.ok(memoryKiB >= 1_200 && memoryKiB % 300 === 0, `${memoryKiB}`)
  }
  const states = { R: 'running', D: 'waiting', T: 'stopped' }
  for (const [letter, state] of Object.entries(states)) {
    assert.equal(parseStat(`7 (x) ${letter} ${STAT_REST}`)?.state, state)
  }
  for (const gone of ['', '7', '7 (x)', '7 (x) S', `7 (x) Z ${STAT_REST}`, `7 (x) X ${STAT_REST}`]) {
    assert.equal(parseStat(gone), null, gone)
  }
})

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { compileFunction } from 'node:vm'
import { type Build, instrument } from './instrument.ts'
import { load } from './load.ts'

const require = createRequire(import.meta.url)
const BUILDS: readonly Build[] = ['counting', 'tracing']

/** What a script exports as `out`, or throws. */
function original(code: string): string {
  const module = { exports: {} as Record<string, unknown> }
  try {
    compileFunction(code, ['module', 'exports', 'require'])(module, module.exports, require)
    return shown(module.exports['out'])
  } catch (error) {
    return `throws ${shown(error instanceof Error ? error.message : error)}`
  }
}

function instrumented(code: string, build: Build): string {
  try {
    return shown(load(instrument(code, { build }), (name) => require(name) as unknown).exports['out'])
  } catch (error) {
    return `throws ${shown(error instanceof Error ? error.message : error)}`
  }
}

function shown(value: unknown): string {
  return inspect(value, { depth: 6 })
}

/** Scripts in which an insertion in the wrong place would change what `out` is, or be no JavaScript at all. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'directives stay first': `'use strict'
    function strict() { 'use strict'; return this }
    function two() { 'use asm'
      "use strict"
      return this }
    exports.out = [strict(), two(), (() => { 'use strict'; return typeof this })()]`,
  'a directive in a loose script': `function loose() { return this === undefined } function strict() { 'use strict'
    return this === undefined } exports.out = [loose(), strict()]`,
  'if without else, dangling else': `const f = (a, b) => { if (a) if (b) return 1; else return 2; return 3 }
    exports.out = [f(0, 0), f(1, 0), f(1, 1)]`,
  'else if': `const f = (a) => { if (a === 1) return 'one'
    else if (a === 2) return 'two'
    else return 'many' }
    exports.out = [f(1), f(2), f(3)]`,
  'empty statements': `let n = 0; if (n); else n++; for (; n < 3; n++); while (n++ < 5); exports.out = n`,
  labels: `const seen = []
    outer: for (let i = 0; i < 4; i++) { inner: for (let j = 0; j < 4; j++) { if (j === 2) continue outer; if (i === 2) break outer; seen.push([i, j]) } }
    block: { if (seen.length > 2) break block; seen.push('no') }
    again: do if (seen.length > 9) break again; else seen.push(0); while (true)
    exports.out = seen`,
  'loops without blocks': `let s = ''; for (const x of 'abc') s += x; for (const k in { a: 1, b: 2 }) s += k; let i = 0
    do i++; while (i < 5); while (i < 9) i += 2
    exports.out = [s, i]`,
  'switch: fall through, default in the middle, blocks and declarations': `const f = (x) => { switch (x) { case 1: case 'a': return 'first'; default: x = 'd'
      case 3: { const y = x; return ['third', y] } case 4: let z = 4; return z } }
    exports.out = [f(1), f('a'), f(2), f(3), f(4)]`,
  'switch on true, and on computed cases': `const f = (n) => { switch (true) { case n < 2: return 'small'; case n < 9: return 'middle'; default: return 'large' } }
    const key = { k: 'x' }; const g = (s) => { switch (s) { case key.k: return 1; case \`y\`: return 2; case f(1): return 3 } }
    exports.out = [f(1), f(5), f(50), g('x'), g('y'), g('small'), g('z')]`,
  'switch on a sequence, and one in another': `let n = 0; switch (n++, n) { case 1: switch ('b') { case 'a': n = 9; break; case 'b': n = 7 } break; case 7: n = 1 } exports.out = n`,
  arrows: `const a = (x) => x + 1, b = () => ({ x: 1 }), c = (x) => (y) => x > y, d = () => (1, 2), e = async () => await 1, f = (x = () => 5) => x()
    exports.out = [a(1), b(), c(2)(1), d(), typeof e(), f(), f(() => 6)]`,
  'default parameters and destructuring': `function f({ a = 1, b: { c = a === 1 ? 'one' : 'other' } = {} } = {}, [d = c ?? 0, ...e] = [], g = f.name || 'none') { return [a, c, d, e, g] }
    exports.out = [f(), f({ a: 2 }, [null, 5, 6], 'g'), f({ b: { c: 0 } })]`,
  'logical operators and their values': `let calls = ''; const t = (v, n) => { calls += n; return v }
    exports.out = [t(0, 'a') || t(5, 'b'), t(0, 'c') && t(1, 'd'), t(null, 'e') ?? t(2, 'f'), t(0, 'g') ?? t(3, 'h'), (t(1, 'i') && t(2, 'j')) || t(3, 'k'), (null, undefined) ?? (1, 2), calls]`,
  'logical assignment': `let a = null, b = 1, c = 0; a ??= b === 1 ? 'x' : 'y'; b &&= (2, 3); c ||= [1].includes(1); exports.out = [a, b, c]`,
  'conditions nested without brackets': `const f = (n) => n < 0 ? 'neg' : n === 0 ? 'zero' : n > 9 ? (n > 99 ? 'huge' : 'big') : 'small'; exports.out = [-1, 0, 5, 50, 500].map(f)`,
  'optional chains': `const o = { a: { s: 'text', f: () => 'x', r: null } }
    exports.out = [o?.a.s.startsWith('te'), o.b?.s.startsWith('te'), o.b?.a.f().startsWith('x'), o?.a?.s?.repeat(2), o.a.r?.repeat(2), o.a?.['s'].includes('ex'), o.z?.[0]?.(1), delete o?.a.r, (o?.a).s.endsWith('t')]`,
  'brackets and comments around operators': `const a = 5, b = 'text'
    exports.out = [(a) /* < */ < (6) // >
      , ((a)) !== /* !== */ ((5)), (b /* . */ ) . /* . */ startsWith /* ( */ ( ('te') ), (1, a) === (2, 5), !(a === 5) === false, -a < -4 === true]`,
  'operators of different types': `const d = new Date(5), n = null
    exports.out = [d > 4, '10' < '9', '10' < 9, 1n < 2, n == undefined, n === undefined, NaN !== NaN, [1] == 1, 'a' < 'b' === true, undefined >= 0, typeof d === 'object', 1n == 1]`,
  'in, instanceof and private names': `class A { #x = 1; static has(o) { return #x in o } get x() { return this.#x === 1 ? 'one' : 'other' } set x(v) { this.#x = v } #m() { return this.#x > 1 } m() { return this.#m() || 'small' } }
    const a = new A(); const before = a.x; a.x = 2; exports.out = [A.has(a), A.has({}), 'x' in a, a instanceof A, before, a.x, a.m()]`,
  classes: `class B { constructor(v) { this.v = v } } class C extends B { static #n = 0; static { C.#n = B.name === 'B' ? 7 : 0 } f = () => this.v < 3; static g = 'g' || 'h'
      constructor(v) { super(v ?? 2); if (v) this.w = v } get n() { return C.#n } ['comp' + 'uted']() { return super.toString().startsWith('[obj') } static async *gen() { yield 1 } }
    const c = new C(); exports.out = [c.f(), c.n, c.computed(), new C(5).w, C.g, Object.keys(c)]`,
  'super calls with names that have hooks': `class S extends String { startsWith(x) { return super.startsWith(x) ? 'yes' : 'no' } repeat(n) { return super.repeat(n) + '!' } }
    const s = new S('ab'); exports.out = [s.startsWith('a'), s.startsWith('b'), s.repeat(2)]`,
  'own methods with names that have hooks': `const o = { startsWith: (a, b) => [a, b], repeat(n) { return [this.k, n] }, includes() { return arguments.length }, k: 'own' }
    exports.out = [o.startsWith(1), o.startsWith(1, 2), o.repeat(3), o.includes(...[1, 2]), [1, 2].includes(2), [NaN].includes(NaN)]`,
  'generators and iteration': `function* g(n) { for (let i = 0; i < n; i++) { const r = yield i > 1 ? 'late' : i; if (r) return r } } const it = g(5)
    exports.out = [[...g(3)], it.next(), it.next(), it.next('end'), it.next(), [...(function* () { yield* g(1); yield (yield 5) === undefined })()]]`,
  'async functions': `const log = []; async function f(x) { try { if (x < 0) throw new Error('neg'); return await x > 1 } catch ({ message }) { return message } finally { log.push(x) } }
    f(1); f(-1); exports.out = [log, typeof f, Object.getPrototypeOf(f) === Object.getPrototypeOf(async () => {})]`,
  'try, catch without a name, finally': `const f = (x) => { try { if (x) throw x; return 'ok' } catch { return 'caught' } finally { if (x === 2) return 'finally' } }
    exports.out = [f(0), f(1), f(2)]`,
  templates: `const n = 3; const tag = (s, ...v) => s.raw.join('|') + v; exports.out = [\`a\${n > 2 ? \`b\${n === 3}\` : 'c'}d\`, tag\`x\${n < 1 || 'y'}\\n\`]`,
  'spread, rest, sequence, comma': `const f = (...xs) => xs.length > 1 ? xs : [...xs, 'one']; exports.out = [f(...[1, 2]), f(1), (1, 2, 3 > 2), [...'ab'].map((x, i) => x + i)]`,
  'getters, setters, computed and shorthand': `const a = 1; const o = { a, get b() { return a === 1 }, set b(v) { this.c = v < 2 }, ['d' + a]: () => a ? 'd' : 'e', async e() {}, *f() { yield a || 2 } }
    o.b = 1; exports.out = [o.a, o.b, o.c, o.d1(), [...o.f()], Object.keys(o)]`,
  'no semicolons': `let a = 1
    const b = a > 0
      ? 'yes'
      : 'no'
    if (b === 'yes') a = 2
    for (const x of [1]) a += x
    ;[1, 2].forEach((x) => (a += x > 1 ? 1 : 0))
    exports.out = [a, b]`,
  'allocations of all kinds': `class Own { constructor(n) { this.n = n } }
    exports.out = [new Uint8Array(3), new Uint8Array([1, 2]), new Uint16Array(new Uint8Array(2)), new Array(3).length, new Array(1, 2), new Array('x'), Array(2).length, Buffer.alloc(2), Buffer.from('a'),
      'ab'.repeat(2), 'a'.padStart(3, 'x'), 'a'.padEnd(2), new Float64Array(new ArrayBuffer(16), 8), new Own(2).n, new (class extends Uint8Array {})(2).length, new Map([[1, 2]]), new Set(), new Date(0).getTime(), new Uint8Array((1, 2)).length]`,
  'errors are the same': `exports.out = 'x'.repeat(-1)`,
  'what is thrown by a comparison': `exports.out = Symbol('a') < 1`,
  'a bad call of startsWith': `exports.out = 'a'.startsWith(/a/)`,
  names: `const f = () => {}; const o = { g: function () {}, h: () => 1 > 0 }; exports.out = [f.name, o.g.name, o.h.name, (class K {}).name]`,
  'new.target, arguments, this': `function F() { return new.target === F ? this : arguments.length > 1 ? [...arguments] : this?.k } exports.out = [new F() instanceof F, F(1, 2), F.call({ k: 1 })]`,
  'recursion and closures': `const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); const c = []; for (let i = 0; i < 3; i++) c.push(() => i > 1 ? 'last' : i); exports.out = [fib(12), c.map((f) => f())]`,
  'regular expressions and division': `const a = 8, g = 2; exports.out = [a / g / 2 < 3, /[/<]/.test('<'), a /g > 1]`,
  'a script that returns': `exports.out = 1; if (exports.out === 1) return; exports.out = 2`,
}

for (const [what, code] of Object.entries(SCRIPTS)) {
  for (const build of BUILDS) {
    test(`${build}: ${what}`, () => {
      const wanted = original(code)
      assert.ok(!wanted.includes('SyntaxError'), 'the row itself is a script')
      assert.equal(instrumented(code, build), wanted)
    })
  }
}

test('a counter for each block, and both builds number them alike', () => {
  const code = `exports.f = (a) => {
    if (a > 1) { a = 5 }
    for (let i = 0; i < a; i++) a &&= 5
    return a ? 'y' : 'n'
  }`
  const [counting, tracing] = BUILDS.map((build) => instrument(code, { build }))
  assert.ok(counting !== undefined && tracing !== undefined)
  assert.deepEqual(counting.blocks, ['f:1', 'f:2', 'f:2', 'f:3', 'f:4', 'f:4'])
  assert.deepEqual(tracing.blocks, counting.blocks)
  assert.deepEqual([counting.counters, counting.compares, tracing.compares], [6, 0, 2])
  const { exports, counters } = load(counting, require as (name: string) => unknown)
  const f = exports['f'] as (a: number) => string
  assert.equal(f(3), 'y')
  assert.deepEqual([...counters], [1, 1, 0, 5, 1, 0, 0, 0])
})

test('the dictionary has literals and names of properties, as a parser compares them', () => {
  const { dictionary } = instrument(
    "const T = { contains: 1, 'ends-with': 2, x: 3 }; exports.f = (s) => s === 'wild' || s.length > 4096 || `tem${s}plate` === 'a'",
    { build: 'counting' },
  )
  assert.deepEqual(dictionary, { texts: ['contains', 'ends-with', 'plate', 'tem', 'wild'], numbers: [1, 2, 3, 4096] })
})

for (const [what, code, expected] of [
  ['no script', 'const = 1', 'instrument/syntax'],
  ['a module', 'export const a = 1', 'instrument/syntax'],
  ['our own names', 'const __C = 1', 'instrument/name-taken'],
] as const) {
  test(`not instrumented: ${what}`, () => {
    assert.throws(() => instrument(code, { build: 'counting' }), { code: expected })
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../random.ts'
import { binaryFormat } from './binary.ts'
import { compile } from './form.ts'
import { generate } from './generate.ts'
import { bytes, choice, DOCUMENT, int, lengthOf, list, type Part, REST, SELF, struct, text } from './part.ts'

function sum(input: Uint8Array, from: number, to: number): number {
  let total = 7
  for (let i = from; i < to; i++) total = (total * 33 + (input[i] ?? 0)) >>> 0
  return total
}

const ITEM: Part = struct('item', [
  int('kind', 1, 'little', { is: 'value', among: [1, 2, 3] }),
  choice(
    'body',
    'kind',
    new Map<number, Part>([
      [1, int('number', 4, 'big')],
      [2, struct('word', [int('letters', 1, 'little', lengthOf('text')), text('text')])],
      [3, struct('group', [int('many', 1, 'little', { is: 'count', of: 'inner' }), list('inner', lazyItem())])],
    ]),
  ),
])

function lazyItem(): Part {
  return { kind: 'lazy', to: () => ITEM }
}

/** All roles, both orders, a part that contains itself. */
const DOCUMENT_PART: Part = struct('document', [
  int('magic', 2, 'big', { is: 'value', among: [0xcafe] }),
  int('bytes', 4, 'little', lengthOf(DOCUMENT)),
  int('sum', 4, 'big', { is: 'checksum', of: REST, sum }),
  int('where', 2, 'little', { is: 'offset', of: 'tail' }),
  int('records', 1, 'little', { is: 'count', of: 'rows' }),
  int('words', 2, 'little', lengthOf('table', { unit: 4, plus: 1 })),
  list('rows', struct('row', [int('own', 2, 'little', lengthOf(SELF)), int('id', 2, 'little'), list('items', ITEM)])),
  list('table', int('entry', 4, 'little')),
  bytes('tail', 3),
])

/** The same format, read by hand: an answer, or null where something is not as it should be. */
function check(input: Uint8Array): { readonly ids: readonly number[] } | null {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  if (view.getUint16(0) !== 0xcafe || view.getUint32(2, true) !== input.length) return null
  if (view.getUint32(6) !== sum(input, 10, input.length)) return null
  if (view.getUint16(10, true) !== input.length - 3) return null
  const ids: number[] = []
  let at = 15
  for (let left = view.getUint8(12); left > 0; left--) {
    const end = at + view.getUint16(at, true)
    ids.push(view.getUint16(at + 2, true))
    let item: number | null = at + 4
    while (item !== null && item < end) item = itemEnd(view, item)
    if (item !== end) return null
    at = end
  }
  const table = (view.getUint16(13, true) - 1) * 4
  return at + table + 3 === input.length ? { ids } : null
}

function itemEnd(view: DataView, at: number): number | null {
  const kind = view.getUint8(at)
  if (kind === 1) return at + 5
  if (kind === 2) return at + 2 + view.getUint8(at + 1)
  if (kind !== 3) return null
  let next: number | null = at + 2
  for (let left = view.getUint8(at + 1); left > 0 && next !== null; left--) next = itemEnd(view, next)
  return next
}

const FORMAT = binaryFormat(DOCUMENT_PART)
const DICTIONARY = { texts: ['wildcard', 'x'], numbers: [21, 65_536] }

function documentsOf(seed: number, count: number): readonly Uint8Array[] {
  const random = new Random(seed)
  const form = compile(DOCUMENT_PART)
  return Array.from({ length: count }, () => {
    const tree = generate(form, { random, dictionary: DICTIONARY, compared: [] })
    const magic = tree.withChild(
      0,
      Object.assign(Object.create(Object.getPrototypeOf(tree.children[0])), tree.children[0], { value: 0xcafe }),
    )
    return FORMAT.encode(magic).slice()
  })
}

test('what is written has its lengths, counts, offsets and checksums right, and is read back as it was', () => {
  for (const input of documentsOf(1, 200)) {
    assert.ok(check(input) !== null, Buffer.from(input).toString('hex'))
    const tree = FORMAT.decode(input)
    assert.ok(tree !== null)
    assert.deepEqual(FORMAT.encode(tree), input)
  }
})

test('changes: most are documents, about one in seven lies, and the old document stays as it was', () => {
  let [right, all, different] = [0, 0, 0]
  const random = new Random(2)
  const [, other = null] = documentsOf(4, 2).map((input) => FORMAT.decode(input))
  for (const input of documentsOf(3, 40)) {
    const tree = FORMAT.decode(input)
    assert.ok(tree !== null)
    for (let i = 0; i < 50; i++) {
      const next = FORMAT.encode(FORMAT.mutate(tree, { random, dictionary: DICTIONARY, compared: [], other })).slice()
      if (!Buffer.from(next).equals(input)) different++
      // The magic number and what a choice depends on are changed like any other number: those are wrong too.
      if (isReadable(next)) right++
      all++
    }
    assert.deepEqual(FORMAT.encode(tree), input)
  }
  assert.ok(right / all > 0.5 && right / all < 0.9, `${right} of ${all} are right`)
  assert.ok(different / all > 0.9, `${different} of ${all} differ`)
})

function isReadable(input: Uint8Array): boolean {
  try {
    return check(input) !== null
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

test('a changed document that was kept is described again, wherever the lie was', () => {
  const random = new Random(5)
  let described = 0
  for (const input of documentsOf(6, 30)) {
    const tree = FORMAT.decode(input)
    assert.ok(tree !== null)
    const next = FORMAT.encode(
      FORMAT.mutate(tree, { random, dictionary: DICTIONARY, compared: [], other: null }),
    ).slice()
    if (FORMAT.decode(next) !== null) described++
  }
  assert.ok(described > 20, String(described))
})

test('blind changes are repaired: total length and checksum', () => {
  const random = new Random(7)
  for (const input of documentsOf(8, 50)) {
    const damaged = Uint8Array.from([...input, 1, 2, 3])
    damaged[17] = random.below(256)
    FORMAT.repair?.(damaged)
    const view = new DataView(damaged.buffer)
    assert.equal(view.getUint32(2, true), damaged.length)
    assert.equal(view.getUint32(6), sum(damaged, 10, damaged.length))
  }
  for (let length = 0; length < 12; length++) FORMAT.repair?.(new Uint8Array(length))
})

test('parts are the items of lists, and can be taken away', () => {
  for (const input of documentsOf(9, 40)) {
    const tree = FORMAT.decode(input)
    assert.ok(tree !== null)
    const parts = FORMAT.parts(tree)
    const bare = FORMAT.without(tree, 0, parts)
    assert.equal(FORMAT.parts(bare), 0)
    assert.deepEqual(check(FORMAT.encode(bare)), { ids: [] })
    for (let i = 0; i < parts; i++) assert.ok(check(FORMAT.encode(FORMAT.without(tree, i, i + 1))) !== null)
  }
})

test('a part that contains itself gets deep', () => {
  const random = new Random(11)
  let tree = FORMAT.decode(documentsOf(12, 1)[0] as Uint8Array)
  let deepest = 0
  for (let i = 0; i < 3000 && tree !== null; i++) {
    const next = FORMAT.mutate(tree, { random, dictionary: DICTIONARY, compared: [], other: null })
    const depth = (node: typeof next): number => 1 + Math.max(0, ...node.children.map(depth))
    deepest = Math.max(deepest, depth(next))
    if (depth(next) >= depth(tree) && next.size < 400) tree = next
  }
  assert.ok(deepest > 20, String(deepest))
})

test('bytes that are no such document are none, and no input makes reading fail', () => {
  assert.equal(FORMAT.decode(new Uint8Array(0)), null)
  const random = new Random(13)
  for (const input of documentsOf(14, 100)) {
    const cut = input.slice(0, random.below(input.length))
    assert.equal(FORMAT.decode(cut), null)
    const noise = input.map((byte) => (random.oneIn(8) ? random.below(256) : byte))
    const tree = FORMAT.decode(noise)
    if (tree !== null) assert.ok(FORMAT.encode(tree).length > 0)
  }
})

test('a document longer than the limit is cut off', () => {
  const short = binaryFormat(DOCUMENT_PART, 20)
  for (const input of documentsOf(15, 20)) {
    const tree = FORMAT.decode(input)
    assert.ok(tree !== null)
    assert.ok(short.encode(tree).length <= 20)
  }
})

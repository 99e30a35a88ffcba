import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition, Tree } from '@firebreak/content'
import * as fc from 'fast-check'
import { decidingLeaves, decidingSelections, valueOf } from './logic.ts'

interface Leaf {
  readonly kind: 'selection'
  readonly selection: number
}

/** A tree whose leaves are numbered in the order in which they stand, each once. */
const tree: fc.Arbitrary<Tree<Leaf>> = fc
  .letrec<{ tree: Shape }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant<Shape>('leaf'),
      fc.record({
        kind: fc.constantFrom('all', 'any', 'not'),
        parts: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      }),
    ),
  }))
  .tree.map((shape) => {
    let next = 0
    const numbered = (one: Shape): Tree<Leaf> => {
      if (one === 'leaf') return { kind: 'selection', selection: next++ }
      if (one.kind === 'not') return { kind: 'not', child: numbered(one.parts[0] ?? 'leaf') }
      return { kind: one.kind, children: one.parts.map(numbered) }
    }
    return numbered(shape)
  })

type Shape = 'leaf' | { readonly kind: 'all' | 'any' | 'not'; readonly parts: readonly Shape[] }

const values = fc.array(fc.boolean(), { minLength: 64, maxLength: 64 })

/** `(0&!(1|2))`. */
function written(one: Tree<Leaf>): string {
  if (one.kind === 'selection') return `${one.selection}`
  if (one.kind === 'not') return `!(${written(one.child)})`
  return `(${one.children.map(written).join(one.kind === 'all' ? '&' : '|')})`
}

/** By rewriting: `(T&F)` is F, `!F` is T, until one letter is left. */
function reduced(logic: string, all: readonly boolean[]): boolean {
  let text = logic.replaceAll(/\d+/g, (leaf) => (all[Number(leaf)] === true ? 'T' : 'F'))
  while (text.length > 1) {
    text = text
      .replaceAll('!T', 'F')
      .replaceAll('!F', 'T')
      .replaceAll(/\(([TF&|]+)\)/g, (_, inner: string) => {
        if (inner.includes('&')) return inner.includes('F') ? 'F' : 'T'
        return inner.includes('T') ? 'T' : 'F'
      })
  }
  return text === 'T'
}

function leavesIn(one: Tree<Leaf>): readonly number[] {
  return [...written(one).matchAll(/\d+/g)].map(([number]) => Number(number))
}

/** Flips each leaf and evaluates everything again. */
function flipped(one: Tree<Leaf>, all: readonly boolean[], leaves: Iterable<number>): readonly number[] {
  const logic = written(one)
  const now = reduced(logic, all)
  return [...leaves].filter((leaf) => reduced(logic, all.with(leaf, !all[leaf])) !== now)
}

test('the value of a tree is what rewriting makes of it', () => {
  fc.assert(
    fc.property(tree, values, (one, all) => {
      assert.equal(
        valueOf(one, ({ selection }) => all[selection] ?? false),
        reduced(written(one), all),
      )
    }),
  )
})

test('a leaf decides exactly when the tree turns round with it', () => {
  fc.assert(
    fc.property(tree, values, (one, all) => {
      const found = decidingLeaves(one, ({ selection }) => all[selection] ?? false)
      assert.deepEqual(
        found.map(({ selection }) => selection),
        flipped(one, all, leavesIn(one)),
      )
    }),
    { numRuns: 500 },
  )
})

test('a selection that a condition names twice is turned round in both places', () => {
  fc.assert(
    fc.property(tree, values, fc.integer({ min: 1, max: 4 }), (one, all, selections) => {
      const folded = (part: Tree<Leaf>): Condition => {
        if (part.kind === 'selection') return { ...part, selection: part.selection % selections }
        if (part.kind === 'not') return { kind: 'not', child: folded(part.child) }
        return { ...part, children: part.children.map(folded) }
      }
      const condition = folded(one)
      const some = all.slice(0, selections)
      assert.deepEqual(decidingSelections(condition, some), flipped(condition, some, some.keys()))
    }),
    { numRuns: 500 },
  )
})

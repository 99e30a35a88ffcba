import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { FUZZ_TARGETS } from '@firebreak/gate'
import { patched } from '../bundle.ts'
import { GATE_CANARIES } from '../gather.ts'
import { ROOT } from '../root.ts'
import { CANARIES, numberOf, plantedPatches } from './all.ts'

void describe('planted bugs', () => {
  void test('are at least twenty, each of its own name, in most parsers', () => {
    assert.ok(CANARIES.length >= 20, `${CANARIES.length}`)
    assert.equal(new Set(CANARIES.map(({ id }) => id)).size, CANARIES.length)
    assert.ok(new Set(CANARIES.map(({ target }) => target)).size >= 12)
    for (const canary of CANARIES) assert.equal(CANARIES[numberOf(canary) - 1], canary)
  })

  for (const target of FUZZ_TARGETS) {
    void test(`in ${target}: each has its place in the sources, once, and all of them fit together`, () => {
      const texts = new Map<string, string>()
      for (const patch of plantedPatches(target)) {
        const text = texts.get(patch.file) ?? readFileSync(join(ROOT, patch.file), 'utf8')
        texts.set(patch.file, patched(text, patch))
        assert.match(patch.replace, /__planted === \d+/, patch.file)
      }
      for (const canary of CANARIES.filter((one) => one.target === target)) {
        const text = texts.get(canary.file) ?? ''
        assert.equal(
          text.split(`__planted === ${numberOf(canary)})`).length - 1,
          canary.replace.split('$BUG').length - 1,
        )
      }
    })
  }

  void test('a patch whose place is gone, or there twice, is refused', () => {
    const patch = { file: 'x.ts', find: 'a', replace: 'b' }
    assert.equal(patched('xay', patch), 'xby')
    for (const text of ['xy', 'aa']) assert.throws(() => patched(text, patch), { code: 'fuzz/patch' })
  })

  void test('those that the gate looks for are there', () => {
    for (const id of GATE_CANARIES)
      assert.ok(
        CANARIES.some((one) => one.id === id),
        id,
      )
  })
})

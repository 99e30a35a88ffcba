import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { createPlainEvaluator } from './evaluator.ts'
import { SPEC_VECTORS } from './spec-vectors.ts'
import { VECTOR_RULE } from './vector.ts'
import { DECIDED_VECTORS } from './decided-vectors.ts'
import { INVALID_VECTORS } from './invalid-vectors.ts'

function documents(yaml: string): readonly unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as unknown)
}

for (const [origin, vectors] of Object.entries({
  'the specification': SPEC_VECTORS,
  'what we decided': DECIDED_VECTORS,
})) {
  void describe(origin, () => {
    for (const { name, yaml, placeholders, source, matching, others } of vectors) {
      void test(name, () => {
        const evaluator = createPlainEvaluator(documents(yaml), { placeholders: placeholders ?? {} })
        assert.deepEqual(evaluator.rejected, [])
        for (const event of matching)
          assert.deepEqual(evaluator.evaluate(event, source), [VECTOR_RULE], JSON.stringify(event))
        for (const event of others) assert.deepEqual(evaluator.evaluate(event, source), [], JSON.stringify(event))
      })
    }
  })
}

void describe('rules that cannot be taken', () => {
  for (const { name, yaml } of INVALID_VECTORS) {
    void test(name, () => {
      const { rejected, evaluate } = createPlainEvaluator(documents(yaml))
      assert.equal(rejected.length, 1)
      assert.match(rejected[0]?.reason ?? '', /^Cannot take the (rule|filter): ./)
      assert.deepEqual(evaluate({ F: 'x' }, { product: 'linux', service: 'example' }), [])
    })
  }

  void test('one does not hide another', () => {
    const rules = [...INVALID_VECTORS, ...SPEC_VECTORS.slice(0, 1)].flatMap(({ yaml }) => documents(yaml))
    assert.equal(createPlainEvaluator(rules).rejected.length, INVALID_VECTORS.length)
  })
})

import type { ParsedPack, SourceNode } from '@firebreak/content'
import { companionId, companionRule, companionTest, plainRule } from '../companions.ts'
import type { PackFault, SourceFault } from '../control.ts'
import { editSomeTest, itemsOf, withDocuments, withEntry, withItems, withoutEntry } from '../source-edit.ts'

function fault(id: string, code: string, what: string, apply: SourceFault['apply']): SourceFault {
  return { kind: 'source', id, aims: { check: 'tests', code }, what, apply }
}

/** A test for a rule that is gone: the reader refuses it too, so it is planted behind the reader. */
function strayTest(pack: ParsedPack): ParsedPack {
  return { ...pack, tests: pack.tests.map((one, i) => (i === 0 ? { ...one, rule: companionId(404) } : one)) }
}

/** Some event of one list of a test is expected to end the other way as well. */
function alsoIn(from: 'match' | 'ignore', to: 'match' | 'ignore'): SourceFault['apply'] {
  return (source, random) =>
    editSomeTest(
      source,
      random,
      (one) => withItems(one, to, [...itemsOf(one, to), random.pick(itemsOf(one, from))]),
      (one) => has(one, from) && has(one, to),
    )
}

function has(test: SourceNode, key: string): boolean {
  return itemsOf(test, key).length > 0
}

/** `tests`: what the author says that rules have to match and to ignore. */
export const TEST_OPERATORS: readonly (SourceFault | PackFault)[] = [
  {
    kind: 'pack',
    id: 'stray-test',
    aims: { check: 'tests', code: 'gate/unknown-rule', also: [] },
    what: 'A test is about a rule that is gone.',
    apply: strayTest,
  },
  fault('rule-without-test', 'gate/untested-rule', 'A rule has no test.', (source) =>
    withDocuments(source, [plainRule(20)], []),
  ),
  fault('test-without-match', 'gate/untested-rule', 'A test lost the events that have to match.', (source, random) =>
    editSomeTest(source, random, (one) => withEntry(one, 'match', [])),
  ),
  fault('test-without-ignore', 'gate/untested-rule', 'A test lost the events to ignore.', (source, random) =>
    editSomeTest(source, random, (one) => withoutEntry(one, 'ignore')),
  ),
  fault(
    'match-that-is-none',
    'gate/missed',
    'A rule has to match an event that it ignores.',
    alsoIn('ignore', 'match'),
  ),
  fault(
    'ignore-that-matches',
    'gate/false-positive',
    'A rule has to ignore an event that it matches.',
    alsoIn('match', 'ignore'),
  ),
  fault(
    'test-of-nothing',
    'gate/test-proves-nothing',
    'The tests of a rule would pass as well if it always matched what has its field.',
    (source) =>
      withDocuments(
        source,
        [companionRule(21, { selection: { 'Image|endswith': '/planted' }, condition: 'selection' })],
        [companionTest(21, [{ Image: '/bin/planted' }], [{ User: 'root' }])],
      ),
  ),
]

import { toSourceNode } from '@firebreak/content'
import { companionId, companionRule, companionTest, plainRule } from '../companions.ts'
import type { SourceFault } from '../control.ts'
import { editSomeTest, entryOf, type PlainMap, textOf, withDocuments, withEntry, withoutEntry } from '../source-edit.ts'

function fault(id: string, code: string, what: string, apply: SourceFault['apply']): SourceFault {
  return { kind: 'source', id, aims: { check: 'tests', code }, what, apply }
}

/** The same rule with another id and title: other rules of the pack are not what is wrong. */
export function bringing(n: number, rule: PlainMap, tests: readonly PlainMap[]): SourceFault['apply'] {
  return (source) => withDocuments(source, [rule], tests.map((one) => ({ ...one, rule: companionId(n) })))
}

/** `tests`: what the author says that rules have to match and to ignore. */
export const TEST_OPERATORS: readonly SourceFault[] = [
  fault('rule-without-test', 'gate/untested-rule', 'A rule has no test.', (source) =>
    withDocuments(source, [plainRule(20)], []),
  ),
  fault('test-without-match', 'gate/untested-rule', 'A test lost the events that have to match.', (source, random) =>
    editSomeTest(source, random, (one) => withEntry(one, 'match', [])),
  ),
  fault('test-without-ignore', 'gate/untested-rule', 'A test lost the events to ignore.', (source, random) =>
    editSomeTest(source, random, (one) => withoutEntry(one, 'ignore')),
  ),
]

void [toSourceNode, companionRule, companionTest, entryOf, textOf]

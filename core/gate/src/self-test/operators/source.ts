import { type PackSource, type SourceNode, toSourceNode } from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'
import { companionId } from '../companions.ts'
import type { SourceFault } from '../control.ts'
import {
  editSomeRule,
  editSomeTest,
  type PlainMap,
  rulePlaces,
  ruleAt,
  textOf,
  withDocuments,
  withEntry,
  within,
  withoutEntry,
} from '../source-edit.ts'

type Code = SourceFault['aims']['code']
type Apply = SourceFault['apply']

function fault(id: string, code: Code, what: string, apply: Apply): SourceFault {
  return { kind: 'source', id, aims: { check: 'source', code }, what, apply }
}

/** A fault inside the detection of some rule of the candidate. */
function inDetection(edit: (detection: SourceNode, random: Random) => SourceNode): Apply {
  return (source, random) =>
    editSomeRule(source, random, (rule) => within(rule, 'detection', (one) => edit(one, random)))
}

function inRule(edit: (rule: SourceNode, random: Random) => SourceNode): Apply {
  return (source, random) => editSomeRule(source, random, (rule) => edit(rule, random))
}

/** A rule of some pack gets one more selection, which its condition needs. */
function withSelection(detection: SourceNode, selection: PlainMap): SourceNode {
  const condition = textOf(detection, 'condition')
  const more = withEntry(detection, 'self_test', selection)
  return withEntry(more, 'condition', condition === null ? 'self_test' : `(${condition}) and self_test`)
}

function unreadable(code: 'content/yaml' | 'content/file'): Apply {
  return (source, random) => {
    const { file } = random.pick(source.rules)
    const at = { file, line: 1 + random.below(40), column: 1 }
    const rules = source.rules.filter((one) => one.file !== file)
    return { ...source, rules, diagnostics: [{ code, message: `Cannot read ${file}`, at }] }
  }
}

/** Two rules of the pack, of which one gets the id of the other. */
function duplicateId(source: PackSource, random: Random): PackSource {
  const ids = rulePlaces(source).map((place) => textOf(ruleAt(source, place), 'id'))
  const own = random.pick(ids)
  const taken = random.pick(ids.filter((id) => id !== own))
  return editSomeRule(
    source,
    random,
    (rule) => withEntry(rule, 'id', taken),
    (rule) => textOf(rule, 'id') === own,
  )
}

function brings(rule: PlainMap): Apply {
  return (source) => withDocuments(source, [rule], [])
}

function correlation(change: PlainMap): PlainMap {
  return {
    title: 'Planted Correlation',
    id: companionId(90),
    correlation: {
      type: 'event_count',
      rules: [companionId(1)],
      'group-by': ['User'],
      timespan: '5m',
      condition: { gte: 3 },
      ...change,
    },
  }
}

const SCHEMA: readonly SourceFault[] = [
  fault(
    'rule-without-title',
    'content/schema',
    'A rule lost its title.',
    inRule((rule) => withoutEntry(rule, 'title')),
  ),
  fault(
    'rule-without-id',
    'content/schema',
    'A rule lost its id.',
    inRule((rule) => withoutEntry(rule, 'id')),
  ),
  fault(
    'rule-without-log-source',
    'content/schema',
    'A rule lost its log source.',
    inRule((rule) => withoutEntry(rule, 'logsource')),
  ),
  fault(
    'rule-with-unknown-level',
    'content/schema',
    'A rule has a level that Sigma does not know.',
    inRule((rule) => withEntry(rule, 'level', 'catastrophic')),
  ),
  fault(
    'rule-of-two-kinds',
    'content/schema',
    'A document is a rule and a filter at once.',
    inRule((rule) => withEntry(rule, 'filter', { rules: ['any'] })),
  ),
  fault('rule-with-blank-value', 'content/schema', 'A field of a rule is compared with a map.', (source, random) =>
    inDetection((one) => withSelection(one, { Image: { nothing: null } }))(source, random),
  ),
  fault('rule-is-a-list', 'content/schema', 'A rule file is a list where a map has to be.', (source, random) =>
    editSomeRule(source, random, (rule) => toSourceNode([], rule.at.file)),
  ),
  fault('duplicate-id', 'content/schema', 'Two rules have the same id.', duplicateId),
  fault('test-of-no-rule', 'content/schema', 'A test names a rule that the pack does not have.', (source, random) =>
    editSomeTest(source, random, (one) => withEntry(one, 'rule', companionId(404))),
  ),
  fault('test-with-unknown-key', 'content/schema', 'A test has a key that means nothing.', (source, random) =>
    editSomeTest(source, random, (one) => withEntry(one, 'matches', [])),
  ),
  fault('manifest-with-unknown-key', 'content/schema', 'The pack manifest has a key that means nothing.', (source) => ({
    ...source,
    manifest: source.manifest && withEntry(source.manifest, 'minimumEngin', '1.0.0'),
  })),
  fault('manifest-version-a-number', 'content/schema', 'The version of the pack was read as a number.', (source) => ({
    ...source,
    manifest: source.manifest && withEntry(source.manifest, 'version', 1.2),
  })),
  fault('empty-pack', 'content/schema', 'The pack has nothing in it.', ({ manifest }) => ({
    manifest,
    rules: [],
    tests: [],
    indicators: [],
  })),
]

const SEMANTICS: readonly SourceFault[] = [
  fault('file-not-yaml', 'content/yaml', 'A rule file is not YAML.', unreadable('content/yaml')),
  fault('file-not-readable', 'content/file', 'A rule file can not be read.', unreadable('content/file')),
  fault(
    'condition-names-nothing',
    'content/condition',
    'A condition names a selection that is not there.',
    inDetection((one) => withEntry(one, 'condition', `${textOf(one, 'condition') ?? 'x'} and not_there`)),
  ),
  fault(
    'condition-unbalanced',
    'content/condition',
    'A condition lost a parenthesis.',
    inDetection((one) => withEntry(one, 'condition', `(${textOf(one, 'condition') ?? 'x'}`)),
  ),
  fault(
    'modifier-unknown',
    'content/modifier',
    'A field has a modifier that Sigma does not know.',
    inDetection((one) => withSelection(one, { 'Image|endwith': '/x' })),
  ),
  fault(
    'modifier-misused',
    'content/modifier',
    'A regular expression is also to be contained.',
    inDetection((one) => withSelection(one, { 'Image|re|contains': 'x' })),
  ),
  fault(
    'correlation-of-nothing',
    'content/correlation',
    'A correlation counts a rule that is not there.',
    brings(correlation({ rules: [companionId(404)] })),
  ),
  fault(
    'correlation-always-true',
    'content/correlation',
    'A correlation fires at the first event.',
    brings(correlation({ condition: { lte: 3 } })),
  ),
  fault(
    'title-too-long',
    'content/limit',
    'A title is longer than an image can carry.',
    inRule((rule) => withEntry(rule, 'title', 'A Very Long Title '.repeat(20))),
  ),
  fault(
    'condition-too-deep',
    'content/limit',
    'A condition is nested deeper than the parser goes.',
    inDetection((one) => {
      const condition = textOf(one, 'condition') ?? 'x'
      return withEntry(one, 'condition', `${'('.repeat(64)}${condition}${')'.repeat(64)}`)
    }),
  ),
  fault(
    'regex-syntax',
    'content/regex-syntax',
    'A regular expression lost a parenthesis.',
    inDetection((one) => withSelection(one, { 'CommandLine|re': 'planted(' })),
  ),
  fault(
    'regex-not-linear',
    'content/regex-unsupported',
    'A regular expression needs backtracking.',
    inDetection((one) => withSelection(one, { 'CommandLine|re': '(a+)+\\1$' })),
  ),
  fault(
    'regex-too-large',
    'content/regex-too-large',
    'A regular expression repeats a repetition a million times.',
    inDetection((one) => withSelection(one, { 'CommandLine|re': '(?:a{1000}){1000}' })),
  ),
]

/** `source` and `compile`: what the author wrote, and what becomes of it. */
export const SOURCE_OPERATORS: readonly SourceFault[] = [...SCHEMA, ...SEMANTICS]

export const COMPILE_OPERATORS: readonly SourceFault[] = [
  {
    kind: 'source',
    id: 'no-manifest',
    aims: { check: 'compile', code: 'content/schema' },
    what: 'The pack has no manifest.',
    apply: (source) => ({ ...source, manifest: null }),
  },
]

import {
  type CompiledPack,
  HEADER_WORDS,
  NODE,
  PREDICATE,
  ROUTE,
  RULE,
  type SectionName,
  WITNESS,
} from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import type { Random } from '@firebreak/fuzz'
import type { ImageFault } from '../control.ts'
import { rewritten, sectionOf, withBytes } from '../image-edit.ts'

type Apply = ImageFault['apply']

function fault(id: string, code: string, what: string, apply: Apply): ImageFault {
  return { kind: 'image', id, aims: { check: 'verify', code }, what, apply }
}

/** Writes one word of the header. */
function header(word: number, value: (was: number) => number): Apply {
  return (compiled) =>
    rewritten(compiled, (words) => {
      words[word] = value(words[word] ?? 0)
    })
}

/** Writes one word of some record of a section: `recordWords` 0 means the section's first record only. */
function inSection(
  name: SectionName,
  recordWords: number,
  at: number,
  value: (was: number, words: Uint32Array) => number,
): Apply {
  return (compiled, random) =>
    rewritten(compiled, (words) => {
      const { first, length } = sectionOf(words, name)
      const records = recordWords === 0 ? 1 : length / recordWords
      const place = first + recordWords * random.below(records) + at
      words[place] = value(words[place] ?? 0, words)
    })
}

const beyond = (): number => 0xfffffff0

function cut(compiled: CompiledPack, random: Random): CompiledPack {
  return withBytes(compiled, compiled.image.subarray(0, random.below(compiled.image.length)))
}

/** A node of some program jumps to itself, which is what every loop needs. */
function jumpBack(compiled: CompiledPack, random: Random): CompiledPack {
  return rewritten(compiled, (words) => {
    const { first, length } = sectionOf(words, 'nodes')
    words[first + NODE.words * random.below(length / NODE.words) + NODE.whenTrue] = 0
  })
}

/** The last two strings change their places: everything is there, and nothing is in order. */
function unsorted(compiled: CompiledPack): CompiledPack {
  return rewritten(compiled, (words) => {
    const { first } = sectionOf(words, 'strings')
    words[first + 2] = (words[first + (words[first] ?? 0)] ?? 0) + 1
  })
}

const BYTES: readonly ImageFault[] = [
  fault('image-truncated', 'content/image-truncated', 'The image ends too early, at some byte.', cut),
  fault('image-empty', 'content/image-truncated', 'The image has no bytes.', (compiled) =>
    withBytes(compiled, new Uint8Array()),
  ),
  fault('image-zero-filled', 'content/image-header', 'Every byte of the image is zero.', (compiled) =>
    withBytes(compiled, new Uint8Array(compiled.image.length)),
  ),
  fault('image-grown', 'content/image-header', 'There are bytes behind the end of the image.', (compiled) =>
    withBytes(compiled, Uint8Array.from([...compiled.image, 0, 0, 0, 0])),
  ),
  fault(
    'image-wrong-magic',
    'content/image-header',
    'The file is not an image.',
    header(0, (was) => was ^ 1),
  ),
  fault(
    'image-next-version',
    'content/image-header',
    'The image is of a later format.',
    header(1, (was) => was + 1),
  ),
  fault(
    'image-more-sections',
    'content/image-header',
    'The image has a section too many.',
    header(2, (was) => was + 1),
  ),
  fault(
    'image-sections-overlap',
    'content/image-header',
    'A section starts inside the one before.',
    header(HEADER_WORDS + 2, (was) => was - 4),
  ),
]

const TABLES: readonly ImageFault[] = [
  fault('strings-out-of-order', 'content/image-strings', 'A string ends outside of the text.', unsorted),
  fault(
    'rule-without-name',
    'content/image-rules',
    'A rule has an id that is no string.',
    inSection('rules', RULE.words, RULE.id, beyond),
  ),
  fault(
    'need-not-declared',
    'content/image-rules',
    'The image reads a field that it does not declare.',
    inSection('needs', 0, 1, (was) => was + 1),
  ),
  fault(
    'feature-not-declared',
    'content/image-rules',
    'The image declares another feature than it needs.',
    inSection('features', 0, 0, () => 0),
  ),
  fault(
    'pack-name-damaged',
    'content/image-rules',
    'The name of the pack is no name.',
    inSection('pack', 0, 0, (_was, words) => words[sectionOf(words, 'pack').first + 1] ?? 0),
  ),
  fault(
    'operator-unknown',
    'content/image-predicates',
    'A predicate does what no engine can do.',
    inSection('predicates', PREDICATE.words, PREDICATE.operator, () => 200),
  ),
  fault(
    'values-outside',
    'content/image-predicates',
    'A predicate has more values than there are.',
    inSection('predicates', PREDICATE.words, PREDICATE.valueCount, () => 9_999_999),
  ),
  fault(
    'field-outside',
    'content/image-predicates',
    'A predicate reads a field behind the last one.',
    inSection('predicates', PREDICATE.words, PREDICATE.field, beyond),
  ),
  fault('jump-backwards', 'content/image-program', 'A decision node jumps backwards.', jumpBack),
  fault(
    'jump-outside',
    'content/image-program',
    'A decision node jumps out of its program.',
    inSection('nodes', NODE.words, NODE.whenFalse, beyond),
  ),
  fault(
    'regex-program-damaged',
    'content/image-regex',
    'The program of a regular expression has a damaged word.',
    (compiled) =>
      rewritten(compiled, (words) => {
        const { first } = sectionOf(words, 'regexes')
        words[first + (words[first] ?? 0) + 2] = 0xffffffff
      }),
  ),
  fault(
    'indicators-damaged',
    'content/image-indicators',
    'A table of indicators has a damaged word.',
    inSection('indicators', 0, 0, beyond),
  ),
  fault(
    'route-to-nothing',
    'content/image-routes',
    'Events are routed to rules that are not there.',
    inSection('routes', ROUTE.words, ROUTE.group, beyond),
  ),
  fault(
    'witness-unknown',
    'content/image-witnesses',
    'The index looks for a text in a way that it does not know.',
    inSection('witnesses', WITNESS.words, WITNESS.kind, () => 77),
  ),
  fault(
    'yara-damaged',
    'content/image-yara',
    'The YARA rules start in the middle of nothing.',
    inSection('yara', 0, 1, () => 1),
  ),
  fault(
    'correlation-damaged',
    'content/image-correlations',
    'A correlation has a damaged word.',
    inSection('correlations', 0, 0, beyond),
  ),
  fault(
    'cost-understated',
    'content/image-cost',
    'The image declares one step less than it can take.',
    inSection('cost', 0, 0, (was) => was - 1),
  ),
  fault(
    'memory-understated',
    'content/image-cost',
    'The image declares a byte of memory less than it takes.',
    inSection('cost', 0, 1, (was) => was - 1),
  ),
]

const MISMATCH = 'gate/image-mismatch'

const OTHER: readonly ImageFault[] = [
  fault('digest-of-other-bytes', MISMATCH, 'The digest is of other bytes than the image.', (compiled) => ({
    ...compiled,
    digest: sha256Hex(compiled.image.subarray(1)),
  })),
  fault('image-of-another-pack', MISMATCH, 'The image is of a pack of another name.', (compiled) => ({
    ...compiled,
    manifest: { ...compiled.manifest, name: `${compiled.manifest.name}-other` },
  })),
  fault('image-of-another-version', MISMATCH, 'The image is of another version of the pack.', (compiled) => ({
    ...compiled,
    manifest: { ...compiled.manifest, version: '0.0.1-other' },
  })),
  fault('image-with-fewer-rules', MISMATCH, 'The image has another number of rules than the pack.', (compiled) => ({
    ...compiled,
    rules: [...compiled.rules, ...compiled.rules.slice(0, 1)],
  })),
]

export const IMAGE_OPERATORS: readonly ImageFault[] = [...BYTES, ...TABLES, ...OTHER]

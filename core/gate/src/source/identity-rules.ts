import { placeOf, quoted, type SigmaDocument, type SourceContext, textsOf, valueOf, entryOf } from './document.ts'
import { misspelled } from './misspelled.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** UTF-16 units of a file's name with its ending, as pySigma has them. */
const FILE_NAME_CHARS_MIN = 10
const FILE_NAME_CHARS_MAX = 90

export const IDENTITY_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-id-missing',
    severity: 'note',
    reason: 'Without an id a correlation or filter is known by its title, and is another one when the title changes.',
    mend: 'Give it an id: a random UUID.',
    pysigma: ['IdentifierExistence'],
    find: ({ documents }) =>
      documents
        .filter(({ id }) => id === null)
        .map(({ kind, map }) => ({ message: `The ${kind} has no id.`, at: map.at })),
  },
  {
    code: 'gate/source-id-duplicate',
    severity: 'error',
    reason: 'An id that two documents share names neither of them.',
    mend: 'Give one of them an id of its own: a random UUID.',
    pysigma: ['IdentifierUniqueness'],
    // Of rules and correlations the reader says so itself: the second one is then not among the documents.
    find: ({ documents }) => repeated(documents, 'id'),
  },
  {
    code: 'gate/source-name-duplicate',
    severity: 'warning',
    reason: 'A name is how correlations and filters refer to a rule; one that several have refers to none.',
    mend: 'Give one of them another name.',
    pysigma: [],
    find: ({ documents }) => repeated(documents, 'name'),
  },
  {
    code: 'gate/source-title-duplicate',
    severity: 'warning',
    reason: 'An analyst knows an alert by its title: two rules of one title are taken for one.',
    mend: 'Say in each title what only that rule looks for.',
    pysigma: ['DuplicateTitle'],
    find: ({ documents }) => repeated(documents, 'title'),
  },
  {
    code: 'gate/source-filename-duplicate',
    severity: 'warning',
    reason: 'Tools that lay rules in one folder keep only the last of two files of one name.',
    mend: 'Rename one of the files.',
    pysigma: ['DuplicateFilename'],
    find: duplicateFiles,
  },
  {
    code: 'gate/source-filename-length',
    severity: 'note',
    reason: `A file name of ${FILE_NAME_CHARS_MIN} to ${FILE_NAME_CHARS_MAX} characters says what is in it and fits everywhere.`,
    mend: `Give the file a name of ${FILE_NAME_CHARS_MIN} to ${FILE_NAME_CHARS_MAX} characters.`,
    pysigma: ['FilenameLength'],
    find: ({ documents }) =>
      filesOf(documents).flatMap(({ name, document }) => {
        if (name.length >= FILE_NAME_CHARS_MIN && name.length <= FILE_NAME_CHARS_MAX) return []
        return [{ message: `The name of the file has ${name.length} characters.`, at: document.map.at }]
      }),
  },
  {
    code: 'gate/source-reference-duplicate',
    severity: 'note',
    reason: 'A reference that is there twice was pasted twice, or in place of another.',
    mend: 'Delete the second one.',
    pysigma: ['DuplicateReferences'],
    find: ({ documents }) =>
      documents.flatMap(({ map }) => {
        const seen = new Set<string>()
        return textsOf(valueOf(map, 'references')).flatMap(({ text, at }) => {
          if (seen.size < seen.add(text).size) return []
          return [{ message: `The reference ${quoted(text)} is there before.`, at }]
        })
      }),
  },
  {
    code: 'gate/source-attribute-misspelled',
    severity: 'warning',
    reason: 'An attribute that is nearly one of Sigma is carried along and read by nobody.',
    mend: 'Write the attribute as Sigma has it.',
    pysigma: ['CustomAttributes'],
    find: ({ documents }) => documents.flatMap(misspelledAttributes),
  },
]

/** The second and further documents of one text; what differs only in case and spaces around it is one to a reader. */
function repeated(documents: readonly SigmaDocument[], key: string): readonly Found[] {
  const first = new Map<string, SigmaDocument>()
  return documents.flatMap((document) =>
    textsOf(valueOf(document.map, key)).flatMap(({ text, at }) => {
      const read = text.trim().toLowerCase()
      const other = first.get(read)
      if (other === undefined) first.set(read, document)
      if (other === undefined || read === '') return []
      return [{ message: `${placeOf(other.map.at)} has the same ${key}: ${quoted(text)}.`, at }]
    }),
  )
}

interface RuleFile {
  readonly name: string
  readonly document: SigmaDocument
}

/** Each file once, with its first document. */
function filesOf(documents: readonly SigmaDocument[]): readonly RuleFile[] {
  const files = new Map<string, RuleFile>()
  for (const document of documents) {
    const { file } = document
    if (!files.has(file)) files.set(file, { name: file.slice(file.lastIndexOf('/') + 1), document })
  }
  return [...files.values()]
}

function duplicateFiles({ documents }: SourceContext): readonly Found[] {
  const first = new Map<string, string>()
  return filesOf(documents).flatMap(({ name, document }) => {
    const other = first.get(name)
    if (other === undefined) {
      first.set(name, document.file)
      return []
    }
    return [{ message: `The file ${quoted(other)} has the same name.`, at: document.map.at }]
  })
}

/** @see Sigma specification 2.1.0, of rules, correlations and filters */
const ATTRIBUTES =
  `title id name related taxonomy status description license author references date modified logsource detection fields
  falsepositives level tags scope correlation generate filter`.split(/\s+/)

/** What the specification itself has under a second name. */
const OTHER_NAMES: Readonly<Record<SigmaDocument['kind'], readonly string[]>> = {
  rule: [],
  correlation: ['reference'],
  filter: [],
}

function misspelledAttributes({ kind, map }: SigmaDocument): readonly Found[] {
  return map.entries.flatMap(({ key, keyAt }) => {
    if (ATTRIBUTES.includes(key) || OTHER_NAMES[kind].includes(key)) return []
    const meant = misspelled(key, ATTRIBUTES)
    if (meant === null) return []
    const message = `Sigma has no attribute ${quoted(key)}, but ${quoted(meant)}.`
    if (entryOf(map, meant) !== null) return [{ message, at: keyAt, fix: `Say it in ${meant}, which is there too.` }]
    return [{ message, at: keyAt, fix: `Write ${meant} for ${key}.`, edit: { from: key, to: meant } }]
  })
}

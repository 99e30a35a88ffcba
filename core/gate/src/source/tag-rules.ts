import { ATTACK_VERSION, attackName } from './attack.ts'
import { quoted, type SourceContext, type TextNode } from './document.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** @see Sigma specification 2.1.0, Tags Appendix */
const NAMESPACES: readonly string[] = ['attack', 'car', 'cve', 'd3fend', 'detection', 'stp', 'tlp']

export const TAG_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-tag-format',
    severity: 'warning',
    reason:
      'A tag is a namespace, a dot and a name of lower-case letters, digits, dots, - and _: others are not found.',
    mend: 'Write the tag as namespace.name.',
    pysigma: ['TagFormat'],
    find: (context) =>
      tags(context, ({ text }) => (isTag(text) ? null : { message: `${quoted(text)} is no tag.`, ...lowerCase(text) })),
  },
  {
    code: 'gate/source-tag-namespace',
    severity: 'note',
    reason: 'Only tags of the namespaces of Sigma mean the same to everyone.',
    mend: `Use one of ${NAMESPACES.join(', ')}, or an attribute of your own.`,
    pysigma: ['NamespaceTag'],
    find: (context) =>
      tags(context, ({ text }) => {
        const [namespace = ''] = text.split('.')
        if (!isTag(text) || NAMESPACES.includes(namespace)) return null
        return { message: `${quoted(namespace)} is no namespace of Sigma.` }
      }),
  },
  {
    code: 'gate/source-tag-duplicate',
    severity: 'note',
    reason: 'A tag that is there twice was pasted twice, or in place of another.',
    mend: 'Delete the second one.',
    pysigma: ['DuplicateTag'],
    find: ({ documents }) =>
      documents.flatMap((document) => {
        const seen = new Set<string>()
        return document.tags.flatMap(({ text, at }) =>
          seen.size < seen.add(text).size ? [] : [{ message: `The tag ${quoted(text)} is there before.`, at }],
        )
      }),
  },
  {
    code: 'gate/source-tag-attack',
    severity: 'warning',
    reason: `A tag that MITRE ATT&CK (for Enterprise, ${ATTACK_VERSION}) does not have counts in no coverage.`,
    mend: 'Name a tactic, or the id of a technique, a group, software, a mitigation, a data source or an asset.',
    pysigma: ['ATTACKTag'],
    find: (context) => named(context, 'attack', (name) => attackName(name).kind !== 'unknown', withHyphens),
  },
  {
    code: 'gate/source-tag-attack-retired',
    severity: 'note',
    reason: `What MITRE ATT&CK took back (up to ${ATTACK_VERSION}) is on no newer matrix.`,
    mend: 'Name what took its place.',
    pysigma: ['ATTACKTag'],
    find: (context) =>
      tags(context, ({ text }) => {
        const name = nameIn(text, 'attack')
        const found = name === null ? null : attackName(name)
        if (found?.kind !== 'retired') return null
        const message = `ATT&CK ${ATTACK_VERSION} has taken ${quoted(text)} back.`
        return found.successor === null ? { message } : { message, fix: `Write attack.${found.successor}.` }
      }),
  },
  pattern(
    'd3fend',
    'D3FENDTag',
    /^(d3-[a-z]+|d3f-[a-z]+|model|harden|detect|isolate|deceive|evict|restore)$/i,
    'd3fend.d3-am',
  ),
  pattern('car', 'CARTag', /^\d{4}-\d{2}-\d{3}$/, 'car.2016-04-005'),
  pattern('cve', 'CVETag', /^\d{4}-\d{4,}$/, 'cve.2021-44228'),
  pattern('detection', 'DetectionTag', /^(dfir|emerging-threats|threat-hunting)$/, 'detection.threat-hunting'),
  pattern('stp', 'STPTag', /^[1-5][auk]?$/, 'stp.3k'),
  pattern('tlp', 'TLPTag', /^(clear|white|green|amber|amber-strict|red)$/, 'tlp.amber'),
]

function pattern(
  namespace: 'd3fend' | 'car' | 'cve' | 'detection' | 'stp' | 'tlp',
  validator: string,
  isRight: RegExp,
  example: string,
): SourceRule {
  return {
    code: `gate/source-tag-${namespace}`,
    severity: 'warning',
    reason: `A tag of the namespace ${namespace} that does not look like ${example} leads nowhere.`,
    mend: `Write it like ${example}.`,
    pysigma: [validator],
    find: (context) => named(context, namespace, (name) => isRight.test(name)),
  }
}

/** Upper case is in names of D3FEND's artifacts only. */
function isTag(text: string): boolean {
  return /^[a-z0-9_-]+\.[a-z0-9._-]+$/.test(text) || /^d3fend\.d3f-[a-zA-Z]+$/.test(text)
}

function lowerCase(text: string): Partial<Found> {
  const lower = text.toLowerCase()
  return isTag(lower) ? { fix: `Write ${lower}.`, edit: { from: text, to: lower } } : {}
}

/** The name in a well-formed tag of the namespace. */
function nameIn(text: string, namespace: string): string | null {
  return isTag(text) && text.startsWith(`${namespace}.`) ? text.slice(namespace.length + 1) : null
}

function named(
  context: SourceContext,
  namespace: string,
  isRight: (name: string) => boolean,
  mend: (name: string) => string = (name) => name,
): readonly Found[] {
  return tags(context, ({ text }) => {
    const name = nameIn(text, namespace)
    if (name === null || isRight(name)) return null
    const message = `${quoted(text)} is no tag that the namespace ${namespace} has.`
    const to = `${namespace}.${mend(name)}`
    return isRight(mend(name)) ? { message, fix: `Write ${to}.`, edit: { from: text, to } } : { message }
  })
}

/** Sigma 1 wrote the names of tactics with underscores. */
function withHyphens(name: string): string {
  return name.replaceAll('_', '-')
}

function tags({ documents }: SourceContext, judge: (tag: TextNode) => Omit<Found, 'at'> | null): readonly Found[] {
  return documents.flatMap((document) =>
    document.tags.flatMap((tag) => {
      const found = judge(tag)
      return found === null ? [] : [{ ...found, at: tag.at }]
    }),
  )
}

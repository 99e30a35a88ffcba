import { printable } from '../check/check.ts'
import { quoted, type SourceContext } from './document.ts'
import type { TextRole } from './placed-text.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** Embeddings, overrides and isolates: what is behind them is shown in another order than it is read. */
const BIDIRECTIONAL = /[\u202a-\u202e\u2066-\u2069]/u
/** What shows nothing at all, and what YAML makes of an escape that was not meant. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}/u
/** Format characters that do show: within an emoji, and between letters of scripts that join them. */
const JOINING: RegExp = new RegExp(
  String.raw`\p{RGI_Emoji}|(?<=[[\p{L}\p{M}]--[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]])[\u200c\u200d]`,
  'gv',
)

export const TEXT_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-bidirectional',
    severity: 'error',
    reason: 'A character that turns the direction of text makes a reviewer read something else than the engine does.',
    mend: 'Delete the character.',
    pysigma: [],
    find: (context) => texts(context, ['name', 'prose'], BIDIRECTIONAL, 'turns the direction of text'),
  },
  {
    code: 'gate/source-invisible-name',
    severity: 'error',
    reason: 'A name with an invisible character is another name than the one that is seen, and matches nothing.',
    mend: 'Delete the character.',
    pysigma: [],
    find: (context) => texts(context, ['name'], INVISIBLE, 'is invisible', BIDIRECTIONAL),
  },
  {
    code: 'gate/source-mixed-script',
    severity: 'error',
    reason: 'A Cyrillic or Greek letter in a Latin name looks like another letter, and the field is then never there.',
    mend: 'Write the name anew in Latin letters.',
    pysigma: [],
    find: ({ documents }) =>
      documents.flatMap((document) =>
        document.unusualTexts
          .filter(({ role, text }) => role === 'name' && isMixed(text))
          .map(({ text, at }) => ({ message: `${quoted(text)} mixes letters of two scripts.`, at })),
      ),
  },
  {
    code: 'gate/source-invisible-text',
    severity: 'warning',
    reason: 'An invisible character in a text was pasted with it, and makes searches miss it.',
    mend: 'Delete the character.',
    pysigma: [],
    find: (context) => texts(context, ['prose'], INVISIBLE, 'is invisible', BIDIRECTIONAL),
  },
  {
    code: 'gate/source-invisible-value',
    severity: 'note',
    reason:
      'A reviewer can not see an invisible character in a value, so not that it is looked for, or that it is not.',
    mend: 'Keep it if the rule looks for it, and say so in a comment beside it.',
    pysigma: [],
    find: (context) => texts(context, ['value'], /\p{Cf}/u, 'is invisible'),
  },
]

function isMixed(text: string): boolean {
  return /\p{Script=Latin}/u.test(text) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(text)
}

function texts(
  { documents }: SourceContext,
  roles: readonly TextRole[],
  wrong: RegExp,
  what: string,
  unless: RegExp | null = null,
): readonly Found[] {
  return documents.flatMap((document) =>
    document.unusualTexts.flatMap(({ role, text, at }) => {
      if (!roles.includes(role) || !wrong.test(text) || unless?.test(text)) return []
      const [character] = wrong.exec(text.replaceAll(JOINING, '')) ?? []
      if (character === undefined) return []
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      return [{ message: `${quoted(printable(text, 200))} has U+${code}, which ${what}.`, at }]
    }),
  )
}

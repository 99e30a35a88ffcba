import { countOf, plural } from '../report/words.ts'
import { CHANGE_CLASSES, type ClassifiedChange, type SemanticDiff } from './semantic-diff.ts'
import type { ByKind } from './verdict-diff.ts'

/** What approvers read before they sign: what changes for hosts, riskiest first. */
export function renderSemanticDiff(diff: SemanticDiff): string {
  const lines = [headline(diff), ...verdictLines(diff), ...needLines(diff), ...indicatorLines(diff)]
  const left = Object.values(diff.byClass).reduce((all, one) => all + one, 0) - diff.changes.length
  const rest = left > 0 ? [`And ${plural(left, 'more change')} of lower risk that are not listed.`] : []
  const paragraphs = [lines.join('\n'), ...diff.changes.map(changeText), ...rest]
  return `${paragraphs.join('\n\n')}\n`
}

function headline({ against, byChange, byClass, same }: SemanticDiff): string {
  const before = against ? `Against ${against.pack} ${against.version}` : 'Nothing runs yet'
  const { added, removed, changed, 'fires-otherwise': otherwise } = byChange
  const counts = `${countOf(added)} added, ${countOf(removed)} removed, ${countOf(changed)} changed, ${countOf(same)} the same`
  const others = otherwise === 0 ? '' : `; ${countOf(otherwise)} that did not change fire for other events`
  const classes = CHANGE_CLASSES.filter((one) => byClass[one] > 0).map(
    (one) => `${words(one)} ${countOf(byClass[one])}`,
  )
  const risk = classes.length === 0 ? '' : `\nBy risk: ${classes.join(', ')}.`
  return `${before}: rules, correlations and YARA files ${counts}${others}.${risk}`
}

const KINDS: readonly (readonly [keyof ByKind, string])[] = [
  ['benign', 'ordinary event'],
  ['attack', 'attack event'],
  ['tests', 'test event'],
]

function verdictLines({ compared, newlyMatched, noLongerMatched, unanswered }: SemanticDiff): readonly string[] {
  const all = KINDS.map(([kind]) => unanswered[kind]).reduce((total, one) => total + one, 0)
  return [
    ...KINDS.filter(([kind]) => compared[kind] > 0).map(([kind, noun]) => {
      return `Of ${plural(compared[kind], noun)}, ${countOf(newlyMatched[kind])} newly matched, ${countOf(noLongerMatched[kind])} no longer.`
    }),
    ...(all > 0
      ? [`${plural(all, 'event')} without exactly one answer of each engine: nothing follows from them.`]
      : []),
  ]
}

function needLines({ fieldsAdded, fieldsAddedCount, featuresAdded }: SemanticDiff): readonly string[] {
  const bySource = Map.groupBy(fieldsAdded, ({ source }) => source)
  const fields = [...bySource].map(([source, of]) => `${of.map(({ field }) => field).join(', ')} (${source})`)
  const left = fieldsAddedCount - fieldsAdded.length
  const more = left > 0 ? [`${countOf(left)} more`] : []
  return [
    ...(fields.length > 0 ? [`Fields that no rule read before: ${[...fields, ...more].join('; ')}.`] : []),
    ...(featuresAdded.length > 0
      ? [`Features of the engine that nothing needed before: ${featuresAdded.join(', ')}.`]
      : []),
  ]
}

function indicatorLines({ indicators }: SemanticDiff): readonly string[] {
  if (indicators.length === 0) return []
  const kinds = indicators.map(
    ({ kind, added, removed }) => `${kind} ${countOf(added)} added, ${countOf(removed)} removed`,
  )
  return [`Indicators: ${kinds.join('; ')}.`]
}

function changeText(one: ClassifiedChange): string {
  const { what, title, id, level, levelBefore } = one
  const name = title === id ? title : `"${title}" (${id})`
  const levels = levelBefore === null ? level : `${levelBefore} -> ${level}`
  const head = `${words(one.class).toUpperCase()}  ${what} ${name}${levels === '' ? '' : `, ${levels}`}: ${changeWords(one)}`
  const firing = firingText(one)
  const samples = one.samples.map(
    ({ change, corpus, event }) => `    ${change === 'gained' ? '+' : '-'} ${corpus}  ${event}`,
  )
  return [head, ...(firing === '' ? [] : [`  ${firing}`]), ...samples].join('\n')
}

/** One change in one sentence: its class, what of it changed, and for how many events. */
export function howText(one: ClassifiedChange): string {
  return [words(one.class), changeWords(one), firingText(one)].filter((part) => part !== '').join('; ')
}

function changeWords({ change, parts }: ClassifiedChange): string {
  return [change === 'fires-otherwise' ? 'the same, fires otherwise' : change, ...parts.map(words)].join(', ')
}

function firingText({ gained, lost }: ClassifiedChange): string {
  const told = (of: ByKind) => KINDS.filter(([kind]) => of[kind] > 0).map(([kind, noun]) => plural(of[kind], noun))
  const [more, less] = [told(gained), told(lost)]
  const parts = [
    ...(more.length > 0 ? [`fires for ${more.join(', ')} more`] : []),
    ...(less.length > 0 ? [`no longer fires for ${less.join(', ')}`] : []),
  ]
  return parts.join('; ')
}

function words(name: string): string {
  return name.replaceAll('-', ' ')
}
